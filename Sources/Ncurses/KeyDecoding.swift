import CNcurses
import TerminalCore

extension Key {
  /// What an event of the C side stands for; nil for none.
  init?(_ event: orrery_event) {
    let modifiers = Modifiers(rawValue: UInt8(truncatingIfNeeded: event.modifiers))
    switch event.kind {
    case ORRERY_EVENT_CHARACTER:
      guard let scalar = Unicode.Scalar(event.scalar) else { return nil }
      self = .character(scalar, modifiers)
    case ORRERY_EVENT_KEY:
      guard let special = SpecialKey(code: Int(event.code)) else { return nil }
      self = .special(special, modifiers)
    case ORRERY_EVENT_MOUSE:
      guard let mouse = MouseEvent(event, modifiers) else { return nil }
      self = .mouse(mouse)
    case ORRERY_EVENT_PASTE:
      var count = 0
      let start = orrery_term_paste(&count)
      let bytes = UnsafeBufferPointer(start: start, count: count)
      self = .paste(String(decoding: bytes.lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    case ORRERY_EVENT_RESIZE:
      self = .resize(width: Int(event.x), height: Int(event.y))
    case ORRERY_EVENT_FOCUS:
      self = .focus(event.code == 1)
    case ORRERY_EVENT_HANGUP:
      self = .hangup
    default:
      return nil
    }
  }
}

extension SpecialKey {
  init?(code: Int) {
    switch code {
    case ORRERY_KEY_UP: self = .up
    case ORRERY_KEY_DOWN: self = .down
    case ORRERY_KEY_RIGHT: self = .right
    case ORRERY_KEY_LEFT: self = .left
    case ORRERY_KEY_HOME: self = .home
    case ORRERY_KEY_END: self = .end
    case ORRERY_KEY_INSERT: self = .insert
    case ORRERY_KEY_DELETE: self = .delete
    case ORRERY_KEY_PAGE_UP: self = .pageUp
    case ORRERY_KEY_PAGE_DOWN: self = .pageDown
    case ORRERY_KEY_ENTER: self = .enter
    case ORRERY_KEY_TAB: self = .tab
    case ORRERY_KEY_ESCAPE: self = .escape
    case ORRERY_KEY_BACKSPACE: self = .backspace
    case (ORRERY_KEY_FUNCTION + 1)...(ORRERY_KEY_FUNCTION + 24):
      self = .function(code - ORRERY_KEY_FUNCTION)
    default: return nil
    }
  }
}

extension MouseEvent {
  init?(_ event: orrery_event, _ modifiers: Modifiers) {
    let action: Action
    switch Int(event.code) {
    case ORRERY_MOUSE_PRESS: action = .press
    case ORRERY_MOUSE_RELEASE: action = .release
    case ORRERY_MOUSE_DRAG: action = .drag
    case ORRERY_MOUSE_WHEEL_UP: action = .wheelUp
    case ORRERY_MOUSE_WHEEL_DOWN: action = .wheelDown
    default: return nil
    }
    let button: Button = [.none, .left, .middle, .right][min(max(Int(event.button), 0), 3)]
    self.init(
      action, button, at: Point(x: Int(event.x), y: Int(event.y)), modifiers: modifiers)
  }
}
