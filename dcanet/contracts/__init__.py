"""What plug-ins must keep, tried on them: `dcanet check`."""
