import Engine
import Foundation
import TerminalCore
import Testing

@testable import Dashboard

/// What a person does with keys, and sees.
@Suite struct StoryTests {
  @Test("the first frame comes at once; a cold start shows the boot at its own speed")
  func coldStart() {
    let fast = Desk(cold: Desk.options)
    #expect(fast.lines[0].contains("booting: "))
    var options = Desk.options
    options.isCold = true
    options.isPaused = false
    var cold = Desk(cold: options)
    cold.watch(seconds: 8)
    #expect(cold.microseconds < 8_500_000 && cold.microseconds > 7_000_000)
    #expect(cold.text.contains("containerd on"))
    #expect(!cold.text.contains("8 of 8 Ready"))
  }

  @Test("opens on a cluster at rest, running at 1x, with something to try")
  func opening() {
    var desk = Desk(isPaused: false)
    #expect(desk.lines[0].contains("RUN"))
    #expect(desk.text.contains("8 of 8 Ready"))
    #expect(desk.text.contains("8 of 8 ready"))
    #expect(desk.text.contains("Try: select worker-2 and press f"))
    let before = desk.microseconds
    desk.watch(seconds: 2)
    let passed = (desk.microseconds - before)
    #expect(passed > 1_800_000 && passed < 2_200_000, "\(passed) µs passed in 2 s at 1x")
  }

  @Test("a worker's plug is pulled: it turns NotReady, and comes back when it is healed")
  func loseAWorker() {
    var desk = Desk()
    desk.press("j")
    #expect(desk.state.selectedRow == .node("worker-2"))
    desk.press("f")
    #expect(desk.line(with: "worker-2").contains("OFF"))
    #expect(desk.line(with: "worker-2").contains("Ready"))
    #expect(desk.text.contains("1 fault"))
    let cut = desk.microseconds
    desk.press("N")
    desk.settle()
    #expect(desk.line(with: "worker-2").contains("NotReady"))
    let noticed = (desk.microseconds - cut) / 1_000_000
    #expect((40...56).contains(noticed), "noticed after \(noticed) s")
    #expect(desk.text.contains("NotReady (Unknown)"))
    desk.press("w")
    #expect(desk.text.contains("Why? worker-2"))
    desk.press("esc f")
    #expect(desk.state.observation.faults.isEmpty)
    var presses = 0
    while !desk.line(with: "worker-2").contains(" Ready"), presses < 60 {
      desk.press("N")
      desk.settle()
      presses += 1
    }
    #expect(desk.line(with: "worker-2").contains(" Ready"))
  }

  @Test("the second of three members is stopped only after a yes")
  func quorum() {
    var desk = Desk()
    desk.press("5 f j f")
    #expect(desk.text.contains("Quorum will be lost"))
    #expect(desk.state.observation.faults.count == 1)
    desk.press("esc")
    #expect(desk.state.observation.faults.count == 1)
    desk.press("f x")
    #expect(desk.state.observation.faults.count == 1, "another key is no yes")
    desk.press("y")
    #expect(desk.state.observation.faults.count == 2)
    #expect(desk.lines[0].contains("NO ETCD QUORUM"))
    desk.press("H")
    #expect(desk.state.observation.faults.isEmpty)
  }

  @Test("a single process is stopped and started from its node's details")
  func processInDetails() {
    var desk = Desk(width: 120, height: 40)
    desk.press("enter j f")
    #expect(desk.lines.contains { $0.contains("kubelet ") && $0.contains("stopped") })
    #expect(
      desk.state.observation.faults.first?.target == .process(host: "worker-1", name: "kubelet"))
    desk.press("f esc")
    #expect(desk.state.observation.faults.isEmpty)
  }

  @Test("kubectl answers while paused, and takes no more time than that needs")
  func kubectl() {
    var desk = Desk()
    let before = desk.microseconds
    desk.press(":")
    desk.type("scale deployment web --replicas 9")
    desk.press("enter")
    desk.settle()
    #expect(desk.text.contains("deployment.apps/web scaled"))
    #expect((desk.microseconds - before) < 1_000_000)
    desk.press("esc :")
    desk.type("get nosuchkind")
    desk.press("enter")
    desk.settle()
    #expect(desk.text.contains("nosuchkind"))
    desk.press("esc")
    for _ in 0..<12 where desk.state.observation.pods.count < 11 {
      desk.press("N")
      desk.settle()
    }
    #expect(desk.state.observation.pods.count == 11)
  }

  @Test("time goes back and on again to the same state")
  func rewind() {
    var desk = Desk()
    desk.press("f . . .")
    let text = desk.text
    let faults = desk.state.observation.faults.count
    desk.press("<")
    #expect(desk.state.observation.faults.isEmpty)
    #expect(desk.lines[0].contains("PAST"))
    desk.press(">")
    desk.settle()
    #expect(desk.state.observation.faults.count == faults)
    #expect(
      desk.lines.dropFirst().prefix(15)
        == text.split(separator: "\n").map(String.init).dropFirst().prefix(15))
  }

  @Test("the next write and the tick stop time just there")
  func stepping() {
    var desk = Desk(isPaused: false)
    let before = desk.microseconds
    desk.press(".")
    #expect(!desk.state.isRunning)
    #expect((desk.microseconds - before) <= 140_000)
    desk.press("1 j f n")
    desk.settle()
    #expect(!desk.state.isRunning)
    #expect(desk.state.snapshot.actions.last?.action.note.kind == .write)
  }

  @Test("speed, theme, help, zoom, commands of its own")
  func views() {
    var desk = Desk()
    desk.press("+ + -")
    #expect(desk.state.speed.text == "2x")
    desk.press("z")
    #expect(!desk.text.contains("Controller actions"))
    desk.press("z t")
    #expect(desk.state.themeName != "dark")
    desk.press(":")
    desk.type("theme li")
    desk.press("tab enter")
    #expect(desk.state.themeName == "light")
    desk.press(":")
    desk.type("speed 1/100")
    desk.press("enter")
    #expect(desk.lines[0].contains("1/100x"))
    desk.press(":")
    desk.type("q")
    desk.press("enter")
    #expect(desk.state.wish == .quit)
  }

  @Test("the demo application is read, and every key is bound once")
  func tables() {
    #expect(DemoApplication.manifests.count == 4)
    for context in [KeyMap.Context.main, .popup, .question] {
      var seen: Set<Key> = []
      for entry in KeyMap.entries where entry.contexts.contains(context) {
        for key in entry.keys {
          #expect(seen.insert(key).inserted, "\(entry.id): \(key.name ?? "?") is bound twice")
        }
      }
    }
  }

  @Test("clicks select what they hit")
  func clicks() {
    var desk = Desk()
    let row = desk.lines.firstIndex { $0.prefix(14).contains("worker-4") } ?? 0
    desk.frame(keys: [.mouse(MouseEvent(.press, at: Point(x: 5, y: row)))])
    #expect(desk.state.selectedRow == .node("worker-4"))
    let line = desk.lines.firstIndex { $0.contains(" scheduler ") } ?? 0
    let marks =
      desk.lines[line].lastIndex(of: "★").map {
        desk.lines[line].distance(from: desk.lines[line].startIndex, to: $0)
      } ?? 0
    desk.frame(keys: [.mouse(MouseEvent(.press, at: Point(x: marks, y: line)))])
    #expect(desk.state.focus == .control)
    guard case .control(let role, let host) = desk.state.selectedRow else {
      Issue.record("no process selected")
      return
    }
    #expect(role == .scheduler)
    #expect(
      desk.state.observation.leases.contains {
        $0.lease == "kube-scheduler" && $0.holderHost == host
      })
  }

  @Test("a disaster drill by keys alone: save, two disks lost, restore, the members rejoin")
  func disasterDrill() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("orrery-drill-\(UUID().uuidString).db").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var desk = Desk(width: 120, height: 40)
    func command(_ line: String) {
      desk.command(line)
    }
    command("etcdctl snapshot save \(path)")
    #expect(desk.text.contains("Snapshot saved at"))
    #expect(FileManager.default.fileExists(atPath: path))
    desk.press("esc")
    command("etcdutl snapshot status \(path) -w table")
    #expect(desk.text.contains("TOTAL KEYS"))
    desk.press("esc")
    command("fail disk/master-2 lost")
    command("fail disk/master-3 lost")
    if !desk.state.overlays.isEmpty { desk.press("y") }
    #expect(desk.state.observation.healthyMembers == 1)
    command("etcdctl put /x 1")
    #expect(desk.text.contains("Error: context deadline exceeded"))
    desk.press("esc")
    let restore = "etcdutl snapshot restore \(path) --bump-revision 1000000000 --mark-compacted"
    command(restore)
    #expect(desk.text.contains("etcd will be restored"))
    #expect(desk.text.contains("3 members on master-1, master-2, master-3 stop"))
    desk.press("esc")
    #expect(desk.state.observation.healthyMembers == 1, "nothing is done without a yes")
    command(restore)
    desk.press("y")
    desk.settle()
    #expect(desk.text.contains("restored snapshot"))
    desk.press("esc")
    command("goto \(desk.microseconds / 1_000_000 + 40)s")
    #expect(desk.state.observation.healthyMembers == 3)
    #expect(desk.state.observation.revision > 1_000_000_000)
    command("etcdctl endpoint health")
    #expect(desk.text.contains("https://master-3:2379 is healthy"))
    #expect(desk.state.observation.violations.isEmpty)
  }

  @Test("a full etcd: the alarm is seen, and the three steps out of it are typed")
  func noSpace() throws {
    var options = Desk.options
    options.manifests = []
    options.spec = ClusterSpec(masters: 1, workers: 1, seed: 7)
    options.spec.flags = [
      ClusterSpec.ComponentFlag(component: "etcd", name: "quota-backend-bytes", value: "1500000")
    ]
    var desk = Desk(cold: options)
    desk.width = 120
    desk.height = 40
    for _ in 0..<5000 where desk.state.isBooting { desk.frame() }
    let folder = FileManager.default.temporaryDirectory.path + "/orrery-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func command(_ line: String) {
      desk.press("esc")
      desk.command(line)
    }
    // Each is stored with itself in an annotation, as kubectl leaves it: 400 kB.
    func big(_ number: Int) -> String {
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big-\(number)}\ndata: {x: "
        + String(repeating: "x", count: 200_000) + "}\n"
    }
    let many = (1...5).map(big).joined(separator: "---\n")
    try many.write(toFile: folder + "/many.yaml", atomically: true, encoding: .utf8)
    try big(6).write(toFile: folder + "/one.yaml", atomically: true, encoding: .utf8)
    command("apply -f \(folder)/many.yaml")
    #expect(desk.text.contains("configmap/big-1 created"))
    #expect(desk.text.contains("mvcc: database space exceeded"))
    desk.press("esc")
    desk.press("5")
    #expect(desk.text.contains("alarm NOSPACE of"))
    command("etcdctl del /registry/configmaps/default/big- --prefix")
    command("etcdctl compaction \(desk.state.observation.revision)")
    #expect(desk.text.contains("compacted revision"))
    command("etcdctl defrag")
    #expect(desk.text.contains("Finished defragmenting etcd member"))
    command("etcdctl alarm disarm")
    #expect(desk.text.contains("alarm:NOSPACE"))
    command("apply -f \(folder)/one.yaml")
    #expect(desk.text.contains("configmap/big-6 created"))
    desk.press("esc")
    #expect(!desk.text.contains("alarm NOSPACE of"))
  }

  @Test("a watch streams into its sheet until Esc")
  func etcdWatch() {
    var desk = Desk(width: 100, height: 30)
    desk.press(":")
    desk.type("etcdctl watch /registry/leases/ --prefix")
    desk.press("enter")
    desk.settle()
    #expect(desk.text.contains("streaming until Esc"))
    #expect(!desk.state.isBusy)
    desk.press("space")
    desk.watch(seconds: 3)
    #expect(desk.text.contains("PUT"))
    desk.press("esc")
    #expect(!desk.text.contains("streaming"))
  }
}
