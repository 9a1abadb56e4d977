import Foundation
import KubeAPI
import Testing

/// The columns we print against those of the real API server's tables.
@Suite struct PrintedColumnsTests {
  /// What was recorded of the real one, beside the package or under `ORRERY_SHARED`; nil where it is
  /// not at hand.
  private static let facts: JSONValue? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    var places = ["../shared", "../../shared"].map { root.appendingPathComponent($0).path }
    if let path = ProcessInfo.processInfo.environment["ORRERY_SHARED"] {
      places.insert(path, at: 0)
    }
    for place in places {
      let path = URL(fileURLWithPath: place + "/oracle/api/api-facts.json").standardizedFileURL.path
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
      return try? JSONParser.parse(text)
    }
    return nil
  }()

  @Test(arguments: ResourceKind.allCases) func columnsAreTheServers(of kind: ResourceKind) throws {
    guard let facts = Self.facts else {
      print("skipped: the recorded tables are not at hand")
      return
    }
    let table = try #require(facts["tables"]?[kind.plural])
    let theirs = (table["columns"]?.arrayValue ?? []).map { column in
      (column["name"]?.stringValue ?? "") + (column["priority"]?.integerValue == 1 ? " (wide)" : "")
    }
    let ours = PrintedTable.columns(of: kind).map { $0.name + ($0.isWide ? " (wide)" : "") }
    #expect(ours == theirs)
  }
}
