# Waits are skipped and moments are slow.
see PAUSE
press j f a space
see skipped
press space
see PAUSE
press a
see speed 1x
