import Basics
import Engine
import Etcdctl
import Foundation
import Testing

/// A booted world that every test takes its copy of, and commands typed at it.
struct Shell {
  var world: World

  init(_ spec: ClusterSpec = ClusterSpec(masters: 3, workers: 0, seed: 7)) throws {
    world = World(spec)
    world.powerOn()
    world.advance(to: world.now + .seconds(40))
    try #require(world.etcdHealth.healthy == spec.etcdMachines.count)
  }

  private static let booted: World? = try? Shell().world

  /// Three masters with stacked etcd.
  static func three() throws -> Shell {
    Shell(try #require(booted))
  }
  private init(_ world: World) { self.world = world }

  /// Runs a line to its end: all it printed, and how it ended (nil: not within two minutes).
  mutating func run(_ line: String, input: String? = nil) -> (text: String, code: Int32?) {
    var invocation = EtcdctlInvocation(line: line, input: input)
    world.run(&invocation, for: .minutes(2))
    return (invocation.output + invocation.errorOutput, invocation.exitCode)
  }

  /// The same for a line that must work.
  @discardableResult
  mutating func ok(
    _ line: String, input: String? = nil, _ place: SourceLocation = #_sourceLocation
  ) -> String {
    let (text, code) = run(line, input: input)
    #expect(code == 0, "\(line): \(text)", sourceLocation: place)
    return text
  }

  /// Lets time pass.
  mutating func wait(_ span: Span) { world.advance(to: world.now + span) }
}

/// A folder that is gone after the test.
final class Folder {
  let path: String
  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("orrery-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
}
