"""What became of a run's jobs and why some failed, from logs, results and SLURM's answers."""
