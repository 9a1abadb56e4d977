import Basics
import ControllerRuntime
import KubeAPI

/// How a kubelet is started: `KubeletConfiguration` with its defaults, and its host.
public struct KubeletConfig: Sendable {
  public var nodeName: String
  public var seed: UInt64
  public var nodeIP = ""
  /// `cpu`, `memory`, `ephemeral-storage`; `pods` comes from `maxPods`.
  public var capacity: ResourceList = [
    "cpu": Quantity(4), "memory": Quantity(16 << 30, format: .binarySI),
    "ephemeral-storage": Quantity(100 << 30, format: .binarySI),
  ]
  /// `--node-labels`. Zone and region are the cloud's to set.
  public var labels = StringMap()
  /// `--register-with-taints`.
  public var registerWithTaints: [Taint] = []
  /// `--cloud-provider=external`: the node comes with the uninitialized taint and without
  /// addresses of the kubelet's own finding.
  public var isCloudProviderExternal = false
  /// `--pod-cidr`; where empty, the node object says it.
  public var podCIDR = ""
  public var version = "v1.36.2"
  /// Which power-on of the host this is.
  public var bootNumber: UInt64 = 1

  public var maxPods: Int64 = 110
  public var nodeStatusUpdateFrequency = Span.seconds(10)
  public var nodeStatusReportFrequency = Span.minutes(5)
  public var nodeLeaseDurationSeconds: Int32 = 40
  public var kubeAPIQPS = 50
  public var kubeAPIBurst = 100
  public var eventRecordQPS = 50
  public var eventBurst = 100
  /// `CrashLoopBackOff.maxContainerRestartPeriod`.
  public var maxContainerRestartPeriod = Span.seconds(300)

  public init(nodeName: String, seed: UInt64) {
    self.nodeName = nodeName
    self.seed = seed
  }

  /// Sets the flag `name` (`node-status-update-frequency`, …); false where there is no such flag
  /// or the value is none of it.
  public mutating func set(flag name: String, to value: String) -> Bool {
    switch name {
    case "max-pods":
      guard let number = Int64(value), number > 0 else { return false }
      maxPods = number
    case "kube-api-qps", "kube-api-burst", "event-qps", "event-burst":
      guard let number = Int(value), number > 0 else { return false }
      switch name {
      case "kube-api-qps": kubeAPIQPS = number
      case "kube-api-burst": kubeAPIBurst = number
      case "event-qps": eventRecordQPS = number
      default: eventBurst = number
      }
    case "node-status-update-frequency":
      guard let span = GoDuration.parse(value), span > .zero else { return false }
      nodeStatusUpdateFrequency = span
    case "node-status-report-frequency":
      guard let span = GoDuration.parse(value), span > .zero else { return false }
      nodeStatusReportFrequency = span
    case "node-lease-duration-seconds":
      guard let number = Int32(value), number > 0 else { return false }
      nodeLeaseDurationSeconds = number
    case "max-container-restart-period":
      guard let span = GoDuration.parse(value), span >= .seconds(1) else { return false }
      maxContainerRestartPeriod = span
    default: return false
    }
    return true
  }

  /// `leaseDuration` × 0.25 (`nodeLeaseRenewIntervalFraction`).
  var leaseRenewInterval: Span { .seconds(Int(nodeLeaseDurationSeconds)) / 4 }

  /// Everything of the host.
  var fullCapacity: ResourceList {
    var list = capacity
    list["pods"] = Quantity(maxPods)
    return list
  }

  /// The capacity less the hard eviction thresholds: 100 MiB of memory, 10 % of the disk.
  var allocatable: ResourceList {
    var list = fullCapacity
    if let memory = list["memory"] {
      list["memory"] = Quantity(
        milliValue: max(0, memory.milliValue - (100 << 20) * 1000), format: memory.format)
    }
    if let disk = list["ephemeral-storage"] {
      list["ephemeral-storage"] = Quantity(disk.value * 9 / 10)
    }
    return list
  }
}

/// Go's `time.Duration` as text.
enum GoDuration {
  /// `1.5s`, `850ms`, `3m0s`.
  static func text(_ span: Span) -> String {
    var micros = span.microseconds
    if micros == 0 { return "0s" }
    let sign = micros < 0 ? "-" : ""
    micros = abs(micros)
    if micros < 1000 { return sign + "\(micros)µs" }
    if micros < 1_000_000 { return sign + decimal(micros, 1000) + "ms" }
    let hours = micros / 3_600_000_000
    let minutes = micros / 60_000_000 % 60
    let seconds = decimal(micros % 60_000_000, 1_000_000) + "s"
    if hours > 0 { return sign + "\(hours)h\(minutes)m\(seconds)" }
    return sign + (minutes > 0 ? "\(minutes)m" : "") + seconds
  }

  private static func decimal(_ value: Int64, _ unit: Int64) -> String {
    var digits = String(value % unit + unit).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return String(value / unit) + (digits.isEmpty ? "" : "." + digits)
  }

  /// Whole numbers with `ms`, `s`, `m`, `h`, one after another: `1m30s`.
  static func parse(_ text: String) -> Span? {
    var total = Span.zero
    var digits = ""
    var unit = ""
    var isAny = false
    func close(_ total: inout Span) -> Bool {
      guard let number = Int(digits), number < 1_000_000,
        let size = [
          "ms": Span.milliseconds(1), "s": .seconds(1), "m": .minutes(1), "h": .hours(1),
        ][
          unit]
      else { return false }
      total = total + size * number
      return true
    }
    for character in text {
      if character.isNumber {
        if !unit.isEmpty {
          guard close(&total) else { return nil }
          digits = ""
          unit = ""
        }
        digits.append(character)
      } else {
        unit.append(character)
      }
      isAny = true
    }
    return isAny && close(&total) ? total : nil
  }
}
