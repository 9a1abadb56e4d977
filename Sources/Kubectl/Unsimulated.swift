/// What the real kubectl and the real API have and this simulation has not: refused as that, and
/// not as something that nobody ever heard of.
enum Unsimulated {
  private static let verbs: [String] = [
    "alpha", "attach", "auth", "autoscale", "certificate",
    "completion", "config", "cp", "debug", "diff", "edit", "exec",
    "explain", "kuberc", "kustomize", "logs", "options", "plugin", "port-forward", "proxy",
    "replace",
  ]

  /// What does nearly the same.
  private static let instead: [(verb: String, words: String)] = [
    ("edit", "kubectl patch"),
    ("logs", "kubectl describe pod NAME"), ("options", "kubectl help"),
    ("replace", "kubectl apply -f FILE"),
  ]

  /// The refusal of a verb of the real kubectl; nil where it has none of that name either.
  static func refusal(ofVerb verb: String) -> String? {
    guard verbs.contains(verb) else { return nil }
    let hint = instead.first { $0.verb == verb }?.words ?? "kubectl help"
    let purpose = hint == "kubectl help" ? "lists what there is" : "may do instead"
    return "error: kubectl \(verb) is not supported in this simulation; `\(hint)` \(purpose)"
  }

  /// The kinds of the real `kubectl create` that are not made here, with their short names.
  private static let creations: [String] = [
    "clusterrole", "clusterrolebinding", "cronjob", "cj", "ingress", "ing", "job",
    "poddisruptionbudget", "pdb", "priorityclass", "pc", "quota", "resourcequota", "role",
    "rolebinding", "secret docker-registry", "secret tls", "service", "svc", "token",
  ]

  /// The refusal of a `kubectl create KIND` of the real kubectl; nil where it has no such kind.
  static func refusal(ofCreating kind: String) -> String? {
    guard creations.contains(kind) else { return nil }
    let hint =
      kind == "service" || kind == "svc"
      ? "kubectl expose` or `kubectl create -f FILE" : "kubectl help"
    let purpose = kind == "service" || kind == "svc" ? "makes one" : "lists what there is"
    return "error: kubectl create \(kind) is not supported in this simulation; `\(hint)` \(purpose)"
  }

  /// Plural, singular and short names, each with its group.
  private static let resources: [(group: String, names: [String])] = [
    (
      "",
      [
        "bindings", "binding", "componentstatuses", "componentstatus", "cs", "endpoints", "ep",
        "limitranges", "limitrange", "limits", "persistentvolumeclaims", "persistentvolumeclaim",
        "pvc", "persistentvolumes", "persistentvolume", "pv", "podtemplates", "podtemplate",
        "replicationcontrollers", "replicationcontroller", "rc", "resourcequotas", "resourcequota",
        "quota",
      ]
    ),
    (
      "admissionregistration.k8s.io",
      [
        "mutatingwebhookconfigurations", "mutatingwebhookconfiguration",
        "validatingwebhookconfigurations", "validatingwebhookconfiguration",
        "mutatingadmissionpolicies", "mutatingadmissionpolicy",
        "mutatingadmissionpolicybindings", "mutatingadmissionpolicybinding",
        "validatingadmissionpolicies", "validatingadmissionpolicy",
        "validatingadmissionpolicybindings", "validatingadmissionpolicybinding",
      ]
    ),
    (
      "apiextensions.k8s.io",
      ["customresourcedefinitions", "customresourcedefinition", "crd", "crds"]
    ),
    ("apiregistration.k8s.io", ["apiservices", "apiservice"]),
    (
      "apps",
      [
        "controllerrevisions", "controllerrevision", "daemonsets", "daemonset", "ds",
        "statefulsets", "statefulset", "sts",
      ]
    ),
    ("autoscaling", ["horizontalpodautoscalers", "horizontalpodautoscaler", "hpa"]),
    ("batch", ["cronjobs", "cronjob", "cj", "jobs", "job"]),
    ("certificates.k8s.io", ["certificatesigningrequests", "certificatesigningrequest", "csr"]),
    (
      "flowcontrol.apiserver.k8s.io",
      [
        "flowschemas", "flowschema", "prioritylevelconfigurations", "prioritylevelconfiguration",
      ]
    ),
    (
      "networking.k8s.io",
      [
        "ingressclasses", "ingressclass", "ingresses", "ingress", "ing", "ipaddresses",
        "ipaddress", "ip", "networkpolicies", "networkpolicy", "netpol", "servicecidrs",
        "servicecidr",
      ]
    ),
    ("node.k8s.io", ["runtimeclasses", "runtimeclass"]),
    ("policy", ["poddisruptionbudgets", "poddisruptionbudget", "pdb"]),
    (
      "rbac.authorization.k8s.io",
      [
        "clusterrolebindings", "clusterrolebinding", "clusterroles", "clusterrole",
        "rolebindings", "rolebinding", "roles", "role",
      ]
    ),
    (
      "resource.k8s.io",
      [
        "deviceclasses", "deviceclass", "resourceclaims", "resourceclaim",
        "resourceclaimtemplates", "resourceclaimtemplate", "resourceslices", "resourceslice",
      ]
    ),
    ("scheduling.k8s.io", ["priorityclasses", "priorityclass", "pc"]),
    (
      "storage.k8s.io",
      [
        "csidrivers", "csidriver", "csinodes", "csinode", "csistoragecapacities",
        "csistoragecapacity", "storageclasses", "storageclass", "sc", "volumeattachments",
        "volumeattachment", "volumeattributesclasses", "volumeattributesclass", "vac",
      ]
    ),
  ]

  /// Whether the real API has a resource of this name, any case, with or without its group.
  static func isResource(_ name: String) -> Bool {
    let parts = name.lowercased().split(
      separator: ".", maxSplits: 1, omittingEmptySubsequences: false
    ).map(String.init)
    return resources.contains { entry in
      entry.names.contains(parts[0])
        && (parts.count == 1 || parts[1] == entry.group || parts[1].hasSuffix("." + entry.group))
    }
  }
}
