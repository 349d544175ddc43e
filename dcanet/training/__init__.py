"""Training: recipes, optimisers and schedules, the loop."""
