"""Looks at a target without judging it: whether all is as its file says, and what a run would find too little of."""
