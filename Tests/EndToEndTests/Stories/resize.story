# The terminal has another size, again and again.
see PAUSE
resize 120 40
see Controller actions
resize 60 16
see PAUSE
resize 30 8
see too small: 30x8
resize 200 60
see Controller actions
