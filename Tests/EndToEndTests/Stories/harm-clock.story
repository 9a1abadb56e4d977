# A clock is set a minute ahead.
see PAUSE
press j F a
see the clock of worker-2 is 60s ahead
press A
see clock/worker-2 offset 60s
press esc H
see no faults
