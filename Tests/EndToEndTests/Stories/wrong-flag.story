# A wrong flag is one line and exit code 2.
run --workers many
see The value 'many' is invalid
ends 2
