"""What a run of the judge leaves behind: one value, `model.Report`, and the files and the screen that are made of it."""
