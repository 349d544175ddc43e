"""The charts of the report, one file each: pure functions of the sheets and of what is stored."""
