"""`stack`: the AWS account: a stack by one command, and help when the account says no."""

from __future__ import annotations

import typer

from geoschem_bench.cli.stack import connect, doctor, down, up

app = typer.Typer(help="AWS: make the stack, connect to it, examine it, remove it.",
                  no_args_is_help=True)  # fmt: skip
app.command()(up.up)
app.command()(connect.connect)
app.command()(connect.disconnect)
app.command("doctor")(doctor.doctor)
app.command()(down.down)
