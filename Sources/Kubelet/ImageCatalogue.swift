import Basics

/// What the world's image registries hold: every image there is, with a size that depends on its
/// name only, and the names that fail.
///
/// Rule for failures: a registry host that ends in `.invalid` does not resolve; a repository whose
/// name contains `does-not-exist`, `nonexistent`, `no-such` or `invalid` is refused as Docker Hub
/// refuses a repository that is private or absent; a tag that contains one of these is not found.
public enum ImageCatalogue {
  private static let failing = ["does-not-exist", "nonexistent", "no-such", "invalid"]

  /// Compressed sizes of images people use, rounded, in bytes.
  private static let sizes: [(name: String, bytes: Int64)] = [
    ("pause", 320_448), ("busybox", 2_211_200), ("alpine", 3_800_738), ("hello-world", 10_072),
    ("nginx", 72_404_038), ("httpd", 58_985_174), ("redis", 45_006_722),
    ("memcached", 34_911_244), ("postgres", 157_140_268), ("mysql", 236_213_412),
    ("mariadb", 116_420_511), ("mongo", 282_117_846), ("node", 386_205_118),
    ("python", 369_218_004), ("golang", 311_040_220), ("ubuntu", 29_754_290),
    ("debian", 49_278_201), ("rabbitmq", 99_214_660), ("coredns", 22_384_805),
    ("kube-proxy", 25_779_421), ("agnhost", 53_621_675), ("perl", 350_881_129),
    ("traefik", 53_411_902), ("grafana", 161_722_380), ("prometheus", 121_240_337),
  ]

  /// `nginx` becomes `docker.io/library/nginx:latest`: the reference the runtime works with.
  public static func normalized(_ image: String) -> String {
    var name = image
    let first = name.prefix { $0 != "/" }
    let hasHost =
      first.count < name.count
      && (first.contains(".") || first.contains(":") || first == "localhost")
    if !hasHost { name = (name.contains("/") ? "docker.io/" : "docker.io/library/") + name }
    return tag(of: name) == nil && !name.contains("@") ? name + ":latest" : name
  }

  /// The tag as `latest` of `nginx:latest`; nil where none is written.
  static func tag(of image: String) -> String? {
    let last = image.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let colon = last.lastIndex(of: ":"), !last.contains("@") else { return nil }
    return String(last[last.index(after: colon)...])
  }

  /// The reference without tag and digest.
  static func repository(of image: String) -> String {
    var name = String(image.prefix { $0 != "@" })
    if let tag = tag(of: name) { name.removeLast(tag.count + 1) }
    return name
  }

  /// The last part of the repository: `nginx`.
  static func baseName(of image: String) -> String {
    let repository = repository(of: image)
    return String(repository.split(separator: "/").last ?? "")
  }

  /// The image of this name, or what pulling it fails with (containerd's texts).
  public static func resolve(_ image: String) -> Result<ImageInfo, CRIError> {
    let reference = normalized(image)
    let repository = repository(of: reference)
    let host = String(reference.prefix { $0 != "/" })
    let problem = "failed to pull and unpack image \"\(reference)\": "
    let unresolved = problem + "failed to resolve reference \"\(reference)\": "
    if host.hasSuffix(".invalid") {
      let url = "https://\(host)/v2/\(repository.dropFirst(host.count + 1))/manifests/"
      return .failure(
        CRIError(
          unresolved + "failed to do request: Head \"\(url)\(tag(of: reference) ?? "latest")\": "
            + "dial tcp: lookup \(host): no such host"))
    }
    if failing.contains(where: repository.contains) {
      return .failure(
        CRIError(
          unresolved + "pull access denied, repository does not exist or may require authorization"
            + ": server message: insufficient_scope: authorization failed"))
    }
    if let tag = tag(of: reference), failing.contains(where: tag.contains) {
      return .failure(CRIError(code: "NotFound", unresolved + "\(reference): not found"))
    }
    return .success(
      ImageInfo(
        reference: reference,
        repoDigest: repository + "@sha256:" + Hexadecimal.text(Hexadecimal.hash(reference)),
        sizeBytes: size(of: reference)))
  }

  /// A known image's size, a third of it for `alpine` and `slim` tags; 5 to 155 MB by a stable
  /// hash for all others.
  private static func size(of reference: String) -> Int64 {
    let base = baseName(of: reference)
    let known = sizes.first { $0.name == base }?.bytes
    let bytes = known ?? 5_000_000 + Int64(Hexadecimal.hash(base) % 150_000_000)
    let tag = tag(of: reference) ?? ""
    let isSmall = tag.contains("alpine") || tag.contains("slim")
    return isSmall ? bytes * 3 / 10 : bytes
  }
}
