import Basics
import Engine
import KubeAPI
import KubeProxy
import TerminalCore
import Widgets

/// Services and where each node's rules send their connections; requests tried all the time.
struct NetworkScreen {
  let model: NetworkModel

  func render(_ canvas: inout Canvas, in rect: Rect) {
    if canvas.state.isZoomed {
      if canvas.state.focus == .proxies {
        renderProxies(&canvas, in: rect)
      } else {
        renderServices(&canvas, in: rect)
      }
      return
    }
    let frame = canvas.style == .boxes ? 3 : 2
    let (upper, lower) = rect.cut(
      top: min(max(model.services.count + frame, 6), rect.height * 45 / 100))
    renderServices(&canvas, in: upper)
    guard rect.width >= 110 else { return renderProxies(&canvas, in: lower) }
    let parts = lower.cut(left: lower.width * 52 / 100)
    renderProxies(&canvas, in: parts.left)
    renderEndpoints(&canvas, in: parts.rest)
  }

  private func renderServices(_ canvas: inout Canvas, in rect: Rect) {
    let inner = canvas.framed(
      .services, in: rect,
      subtitle: [canvas.span("\(TrafficHistory.requests) requests a second to each", .dim)])
    let theme = canvas.theme
    let traffic = canvas.state.traffic
    let columns = [
      Column("SERVICE", width: 12, weight: 1, priority: 9),
      Column("TYPE", width: 12, priority: 2),
      Column("ADDRESS", width: 13, priority: 4),
      Column("PORTS", width: 8, priority: 3),
      Column("READY", width: 7, alignment: .right, priority: 8),
      Column("OK", width: 4, alignment: .right, priority: 8),
      Column("SUCCESS", width: 14, weight: 2, priority: 7),
      Column("ERRORS", width: 10, weight: 1, priority: 5),
      Column("WHY", width: 11, priority: 6),
    ]
    canvas.table(.services, columns, in: inner, placeholder: "no services") {
      [services = model.services] row, column in
      let service = services[row]
      let samples = traffic.samples[service.key] ?? []
      let last = samples.last
      switch column {
      case 0:
        return .text(
          service.key.namespace == "default" ? service.key.name : service.key.text)
      case 1: return .text(service.type, theme[.dim])
      case 2: return .text(service.address.isEmpty ? "-" : service.address, theme[.dim])
      case 3: return .text(service.ports, theme[.dim])
      case 4:
        let isWhole = service.ready == service.endpoints && service.ready > 0
        return .text("\(service.ready)/\(service.endpoints)", theme[isWhole ? .ok : .warn])
      case 5:
        guard let last, last.total > 0 else { return .text("-", theme[.dim]) }
        let share = last.succeeded * 100 / last.total
        return .text("\(share)%", theme[share == 100 ? .ok : share > 50 ? .warn : .error])
      case 6: return .spark(samples.map(\.succeeded), theme[.ok])
      case 7: return .spark(samples.map(\.failed), theme[.error])
      default: return .text(last?.mainFailure?.words ?? "", theme[.error])
      }
    }
  }

  private func renderProxies(_ canvas: inout Canvas, in rect: Rect) {
    let theme = canvas.theme
    let world = canvas.state.timeline.world
    let service = model.service(canvas.state.selectedRow(in: .services))
    let inner = canvas.framed(
      .proxies, in: rect,
      subtitle: service.map { [canvas.span("rules for \($0.key.name) against etcd's", .dim)] } ?? []
    )
    let columns = [
      Column(" ", width: 1, priority: 10),
      Column("NODE", width: 10, weight: 1, priority: 9),
      Column("SYNCED", width: 7, alignment: .right, priority: 8),
      Column("WAITING", width: 7, alignment: .right, priority: 3),
      Column("SERVICES", width: 8, alignment: .right, priority: 2),
      Column("ENDPOINTS", width: 9, alignment: .right, priority: 4),
      Column(
        service.map { "FOR \($0.key.name.uppercased())" } ?? "RULES", width: 20, weight: 2,
        priority: 7),
    ]
    // Cells of a row come one after the other: its proxy is looked at once.
    var seen: (row: Int, view: KubeProxyView?) = (-1, nil)
    canvas.table(.proxies, columns, in: inner) { [proxies = model.proxies] row, column in
      let proxy = proxies[row]
      let isUp = proxy.process.isRunning
      if seen.row != row { seen = (row, world.proxyView(on: proxy.process.host)) }
      guard let view = seen.view else { return .text("") }
      switch column {
      case 0: return .text(isUp ? theme.glyphs.ok : theme.glyphs.error, theme[isUp ? .ok : .error])
      case 1: return .text(proxy.node)
      case 2:
        guard isUp else { return .text(proxy.process.state.word, theme[.error]) }
        return .text(view.sinceSync?.humanDuration ?? "never", theme[.dim])
      case 3:
        return .text("\(view.pending)", theme[view.pending > 0 ? .changed : .dim])
      case 4: return .text("\(view.services.count)", theme[.dim])
      case 5:
        return .text("\(view.services.reduce(0) { $0 + $1.endpoints })", theme[.dim])
      default:
        guard let service, let rules = world.proxyRules(on: proxy.process.host) else {
          return .text("")
        }
        return Self.state(of: rules.services[service.key], service, theme)
      }
    }
  }

  /// Whether a node's rules are made from the slices that etcd has now.
  private static func state(
    of rules: ServiceRules?, _ service: NetworkModel.Service, _ theme: Theme
  ) -> TableCell {
    guard let rules else {
      return .text(
        service.address == "None" ? "headless" : "no rules",
        theme[service.address == "None" ? .dim : .error])
    }
    let theirs = rules.slices.map { $0.resourceVersion }.sorted()
    let ours = service.slices.map { $0.resourceVersion }.sorted()
    let count = "\(rules.endpointCount) endpoint\(rules.endpointCount == 1 ? "" : "s")"
    if theirs == ours { return .text("\(count), current", theme[.ok]) }
    return .text("\(count), stale: etcd has \(service.ready)", theme[.warn])
  }

  /// The endpoints of the selected service.
  private func renderEndpoints(_ canvas: inout Canvas, in rect: Rect) {
    guard let service = model.service(canvas.state.selectedRow(in: .services)) else {
      _ = canvas.framed("Endpoints", in: rect)
      return
    }
    let inner = canvas.framed(
      "Endpoints of \(service.key.name)", in: rect,
      subtitle: [
        canvas.span("\(service.slices.count) slice\(service.slices.count == 1 ? "" : "s")", .dim)
      ])
    var lines: [SheetLine] = []
    for object in service.slices where lines.count < inner.height {
      guard let slice = object.endpointSlice else { continue }
      lines.append(
        SheetLine([
          Ink(" \(object.metadata.name)", .title),
          Ink("  revision \(object.resourceVersion)", .dim),
        ]))
      for endpoint in slice.endpoints.prefix(max(inner.height - lines.count, 0)) {
        let ready = endpoint.ready ?? true
        let word =
          ready ? "ready" : endpoint.terminating ?? false ? "terminating" : "not ready"
        lines.append(
          SheetLine([
            Ink("   " + padded(endpoint.addresses.first ?? "", 16)),
            Ink(padded(word, 12), ready ? .ok : .warn),
            Ink(padded(endpoint.nodeName ?? "", 12) + (endpoint.targetRef?.name ?? ""), .dim),
          ]))
      }
    }
    canvas.lines(lines, in: inner, wraps: false)
  }
}
