# A theme of one's own lies beside the configuration.
file orrery/themes/mine.yaml
name: mine
appearance: dark
roles:
  text: {rgb: "#ffffff", ansi: white}
end
file orrery/config.yaml
theme: mine
end
see PAUSE
press T
see mine
