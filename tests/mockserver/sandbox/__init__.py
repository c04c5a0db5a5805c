"""The sandbox: its parts, by hand-made fakes of one another."""
