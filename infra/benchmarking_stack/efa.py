"""The launch template of multi-node environments: an EFA interface and its driver."""

from __future__ import annotations

from aws_cdk import Fn, Stack
from aws_cdk import aws_ec2 as ec2

from infra.benchmarking_stack.compute import launch_template
from infra.benchmarking_stack.network import Network

_INSTALLER = "aws-efa-installer-1.43.2"
"""Fixed: another driver would be another machine to compare with. Of it `--minimal` installs the
kernel module only: libfabric and MPI are in the image."""
EFA_DEVICE = "/dev/infiniband/uverbs0"
_START = f"""MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=EFA

--EFA
Content-Type: text/cloud-boothook; charset="us-ascii"

#!/bin/bash
test -e {EFA_DEVICE} && exit
cd /root
curl -fsS --retry 5 https://efa-installer.amazonaws.com/{_INSTALLER}.tar.gz | tar -xz
cd aws-efa-installer && ./efa_installer.sh -y --minimal

--EFA--
"""


def efa_launch_template(stack: Stack, network: Network) -> ec2.CfnLaunchTemplate:
    """As that of the other environments, with EFA."""
    interface = ec2.CfnLaunchTemplate.NetworkInterfaceProperty(
        device_index=0,
        network_card_index=0,
        interface_type="efa",
        groups=[network.efa_security_group],
        associate_public_ip_address=True,
        delete_on_termination=True,
    )
    return launch_template(
        stack,
        "EfaLaunchTemplate",
        network,
        network_interfaces=[interface],
        user_data=Fn.base64(_START),
    )
