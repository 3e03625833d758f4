"""docker-compose.yaml: what it says, and its services run on this computer without any engine."""
