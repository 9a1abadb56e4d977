# NO_COLOR: the state is still a letter and a shape.
set NO_COLOR=1
see PAUSE
press j f
see ✖ worker-2 | OFF
