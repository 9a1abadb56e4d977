/// A place in a document: the keys and indices that lead to it.
public struct FieldPath: Sendable, Equatable, CustomStringConvertible {
  public enum Element: Sendable, Equatable {
    case key(String)
    case index(Int)
  }
  public var elements: [Element]

  public init(_ elements: [Element] = []) { self.elements = elements }

  /// `spec.containers[0].image`, as strict decoding prints it.
  public var description: String {
    var text = ""
    for element in elements {
      switch element {
      case .key(let key): text += text.isEmpty ? key : "." + key
      case .index(let index): text += "[\(index)]"
      }
    }
    return text
  }

  /// The keys alone, joined by dots, as Go's JSON decoder prints a struct field's place.
  var keys: String {
    elements.compactMap { element -> String? in
      guard case .key(let key) = element else { return nil }
      return key
    }.joined(separator: ".")
  }

  public static func + (path: FieldPath, element: Element) -> FieldPath {
    FieldPath(path.elements + [element])
  }
}
