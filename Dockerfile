# Airflow with this project, for docker-compose.yaml. The image of a benchmark's job is another one:
# container/Dockerfile.
#
# The official image, slim: Airflow without the 20 providers of the full one, so that what is
# installed is what requirements.txt locks and the tests ran with. Pinned by its tag; whoever wants
# the digest too adds it here (docker buildx imagetools inspect IMAGE), it is not known where this
# was written.
ARG AIRFLOW_IMAGE=apache/airflow:slim-3.3.2-python3.11
FROM ${AIRFLOW_IMAGE}

# What changes seldom comes first. As the image's own user (airflow, 50000:0), never root
COPY --chown=airflow:root requirements.txt /opt/airflow/
RUN pip install --no-cache-dir --requirement /opt/airflow/requirements.txt

# The layout of the repository, for its parts find each other by it; docker-compose.yaml mounts
# what people change over it. Editable: what is mounted is what is imported, in every service.
COPY --chown=airflow:root pyproject.toml README.md LICENSE /opt/airflow/
COPY --chown=airflow:root include /opt/airflow/include
COPY --chown=airflow:root container/geoschem_bench_runner /opt/airflow/container/geoschem_bench_runner
RUN pip install --no-cache-dir --no-deps --editable /opt/airflow && \
    mkdir -p /opt/airflow/logs /opt/airflow/sandbox
COPY --chown=airflow:root infra/BenchmarkingStack.template.json /opt/airflow/infra/
COPY --chown=airflow:root plugins /opt/airflow/plugins
COPY --chown=airflow:root compose /opt/airflow/compose
COPY --chown=airflow:root dags /opt/airflow/dags
WORKDIR /opt/airflow
