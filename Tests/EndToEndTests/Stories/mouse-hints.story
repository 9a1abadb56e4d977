# A hint does what its key does.
see PAUSE
click Space Run
see RUN
click Space Pause
see PAUSE
