# Big mode shows the clock in large figures.
see PAUSE
press Z
see ███
see nodes 3/3
press Z
gone ███
