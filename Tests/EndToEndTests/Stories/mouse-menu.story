# The right button opens the harm menu of what it hits; a click outside leaves it.
size 120 40
see PAUSE
mouse right 5 5
see What happens to
mouse press 0 39
gone What happens to
