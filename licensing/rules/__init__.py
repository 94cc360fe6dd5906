"""The rules of who may do what: each with its clause, its check and worked examples, in a file for what it is about."""
