"""Where networks look: Grad-CAM after each stage, and how far the focus drifts from stage to stage."""
