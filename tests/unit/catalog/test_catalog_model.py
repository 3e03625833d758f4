"""What the catalogue that ships knows, checked against figures from AWS's pages."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from geoschem_bench.catalog import Catalog, load_catalog, normalise_architecture
from geoschem_bench.catalog.processors import TABLE, processor_family_of

ANCHORS = [
    # name, architecture, vCPUs, cores, threads per core, MiB, maker, processor family
    ("c7g.4xlarge", "arm64", 16, 16, 1, 32768, "AWS", "Graviton3"),
    ("c7i.4xlarge", "x86_64", 16, 8, 2, 32768, "Intel", "Sapphire Rapids"),
    ("c7a.4xlarge", "x86_64", 16, 16, 1, 32768, "AMD", "Genoa"),
    ("c6i.16xlarge", "x86_64", 64, 32, 2, 131072, "Intel", "Ice Lake"),
    ("c8g.16xlarge", "arm64", 64, 64, 1, 131072, "AWS", "Graviton4"),
    ("r7g.16xlarge", "arm64", 64, 64, 1, 524288, "AWS", "Graviton3"),
    ("hpc6a.48xlarge", "x86_64", 96, 96, 1, 393216, "AMD", "Milan"),
    ("hpc7g.16xlarge", "arm64", 64, 64, 1, 131072, "AWS", "Graviton3E"),
]

FULL_SUITE = "c7g.16xlarge c7g.8xlarge c6i.16xlarge hpc7g.16xlarge hpc6a.48xlarge r7g.16xlarge"
SAMPLES = "c8g.16xlarge c7g.4xlarge c7i.4xlarge c6i.4xlarge c7a.4xlarge"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.mark.parametrize("anchor", ANCHORS, ids=lambda anchor: anchor[0])
def test_known_types_are_described_as_aws_does(catalog, anchor):
    found = catalog.get(anchor[0])
    assert anchor == (
        found.name,
        found.architecture,
        found.vcpus,
        found.physical_cores,
        found.threads_per_core,
        found.memory_mib,
        found.maker,
        found.processor_family,
    )


@pytest.mark.parametrize("name", [*FULL_SUITE.split(), *SAMPLES.split()])
def test_every_type_of_the_published_suites_is_there(catalog, name):
    assert name in catalog
    assert catalog.regions_of(name)


def test_hpc_types_are_on_demand_with_efa_and_far_from_oregon(catalog):
    for name in ("hpc7g.16xlarge", "hpc6a.48xlarge"):
        assert catalog.get(name).usage_classes == ("on-demand",)
        assert catalog.get(name).efa
        assert "us-west-2" not in catalog.regions_of(name)
    shared = set(catalog.regions_of("hpc7g.16xlarge")) & set(catalog.regions_of("hpc6a.48xlarge"))
    assert not shared


def test_ordinary_types_can_be_had_on_spot_in_oregon(catalog):
    for name in ("c7g.4xlarge", "c7i.4xlarge", "c7a.4xlarge"):
        assert "spot" in catalog.get(name).usage_classes
        assert "us-west-2" in catalog.regions_of(name)


def test_it_says_where_and_when_its_data_come_from(catalog):
    assert "DescribeInstanceTypes" in catalog.source
    assert catalog.taken_on.year >= 2026


def test_every_type_is_consistent(catalog):
    for instance in catalog:
        assert instance.physical_cores * instance.threads_per_core == instance.vcpus
        assert instance.processor_family == processor_family_of(instance.family)
        assert instance.regions == tuple(sorted(set(instance.regions)))
        assert (instance.maker == "AWS") == (instance.architecture == "arm64")


def test_processor_names_fit_the_maker(catalog):
    for instance in catalog:
        name = instance.processor_family
        if name:
            assert name.startswith("Graviton") == (instance.maker == "AWS")
            assert (name in {"Naples", "Rome", "Milan", "Genoa", "Turin"}) == (
                instance.maker == "AMD"
            )


def test_every_row_of_the_processor_table_has_types_a_source_and_a_date(catalog):
    families = {instance.family for instance in catalog}
    header, *rows = [line.split(",") for line in TABLE.read_text().splitlines()]
    assert header == ["family", "processor_family", "source", "date"]
    assert len({row[0] for row in rows}) == len(rows)
    for family, processor, source, day in rows:
        assert family in families
        assert processor
        assert source
        assert day.startswith("20")


def test_an_unlisted_family_is_unknown():
    assert processor_family_of("c99z") is None


def test_it_iterates_by_name_and_survives_pickling(catalog):
    names = [instance.name for instance in catalog]
    assert names == sorted(names)
    assert len(names) == len(catalog)
    assert pickle.loads(pickle.dumps(catalog)) == catalog  # noqa: S301


def test_an_unknown_type_is_none_and_offered_nowhere(catalog):
    assert catalog.get("c7g.4xlrge") is None
    assert "c7g.4xlrge" not in catalog
    assert catalog.regions_of("c7g.4xlrge") == ()
    assert catalog.get("mac2.metal") is None  # boots macOS only


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("amd64", "x86_64"),
        ("AMD64", "x86_64"),
        ("x86-64", "x86_64"),
        (" x86_64 ", "x86_64"),
        ("AArch64", "arm64"),
        ("arm64", "arm64"),
        ("i386", None),
        ("arm64_mac", None),
        ("", None),
    ],
)
def test_architectures_have_one_spelling(given, expected):
    assert normalise_architecture(given) == expected


def test_importing_reads_no_file_and_nothing_heavy():
    program = (
        "import sys, geoschem_bench.catalog as c; from geoschem_bench.catalog import storage as s;"
        "heavy = {'boto3', 'botocore', 'airflow', 'pandas', 'pydantic'} & set(sys.modules);"
        "assert not heavy, heavy;"
        "assert s._SNAPSHOT._cached.cache_info().misses == 0"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
