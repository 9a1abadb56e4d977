import KubeAPI

extension PodSpec {
  /// `Guaranteed`, `Burstable` or `BestEffort` (apis/core/helper/qos): by the cpu and memory
  /// requests and limits of all containers.
  var computedQOSClass: String {
    var isGuaranteed = true
    var isBestEffort = true
    for container in initContainers + containers {
      let resources = container.resources
      for name in ["cpu", "memory"] {
        let request = resources.requests[name]?.milliValue ?? 0
        let limit = resources.limits[name]?.milliValue ?? 0
        if request > 0 || limit > 0 { isBestEffort = false }
        // A request defaults to the limit.
        if limit == 0 || (request != 0 && request != limit) { isGuaranteed = false }
      }
    }
    if isBestEffort { return "BestEffort" }
    return isGuaranteed ? "Guaranteed" : "Burstable"
  }
}
