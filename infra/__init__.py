"""AWS as this system needs it: a CDK app and the template it writes."""

import os

# Two notices on stderr that no reader of a synthesis can act upon
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "18,20")
os.environ.setdefault("JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION", "20,22")
