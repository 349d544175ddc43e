"""What a config will cost, before anything runs: work, speed, and from both hours, energy and bytes."""
