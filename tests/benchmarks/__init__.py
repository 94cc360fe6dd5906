"""What is meant to be fast, measured: CPU a request or a row, against floors and peers of the same run (make bench)."""
