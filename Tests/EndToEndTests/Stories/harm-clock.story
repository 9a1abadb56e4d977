# A clock is set a minute ahead.
see PAUSE
press j F a
see clock/worker-2 is off by 60000 ms
press A
see clock/worker-2 offset 60s
press esc H
see no faults
