# Space lets time pass, and stops it.
see PAUSE
press space
see RUN
press space
see PAUSE
