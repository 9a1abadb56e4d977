# Themes are seen while they are chosen; Esc takes the old one back.
see PAUSE
press T
see Themes
type nord
see nord
press esc
gone Themes
press T
type light
press enter
see theme
