"""The API's rules as plain functions: no web, no SQL, nothing but the standard library."""
