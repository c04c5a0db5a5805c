"""Where the state lives. The only package that imports SQLAlchemy."""
