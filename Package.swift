// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours is compiled as Swift 6 and without warnings.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), .swiftLanguageMode(.v6)]

/// A target of the engine or the display; `dependencies` are layers below it only.
func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = []
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict + settings)
}

/// The tests of the target `name`.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")

/// The door's packages take minutes to compile: they stand behind the trait `Doors`.
func door(_ product: String, _ package: String) -> Target.Dependency {
  .product(name: product, package: package, condition: .when(traits: ["Doors"]))
}

let doors: [Target.Dependency] = [
  door("GRPCCore", "grpc-swift-2"),
  door("NIOCore", "swift-nio"),
  door("NIOPosix", "swift-nio"),
  door("NIOHPACK", "swift-nio-http2"),
  door("NIOHTTP2", "swift-nio-http2"),
  door("NIOSSL", "swift-nio-ssl"),
  door("GRPCProtobuf", "grpc-swift-protobuf"),
  door("SwiftProtobuf", "swift-protobuf"),
]

/// What the tests come to a door with.
let doorClients: [Target.Dependency] = [
  door("GRPCNIOTransportHTTP2Posix", "grpc-swift-nio-transport")
]

let package = Package(
  name: "orrery",
  products: [.executable(name: "orrery", targets: ["orrery"])],
  traits: [
    .trait(name: "Doors", description: "Doors for real clients: etcd's gRPC API.")
  ],
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Of the trait Doors alone: neither fetched nor compiled without it.
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
  ],
  targets: [
    // Layer 0: plain tools
    module("Basics"),
    module("PersistentCollections", ["Basics"]),
    module("TerminalCore"),
    module("Linearizability", ["Basics"]),
    // Layer 1: the kernel, and the pure cores
    module("Bolt"),
    module("SimulationKernel", ["Basics", "PersistentCollections"]),
    module("Raft", ["Basics"]),
    module("MVCC", ["Basics", "PersistentCollections"]),
    // Validation hands paths down as closures: a copy of each check for each caller's closure
    // makes this module 155 s of CPU to compile instead of 106 (Swift 6.3, -O), and gains nothing
    // that runs often.
    module(
      "KubeAPI", ["Basics", "PersistentCollections"],
      settings: [
        .unsafeFlags(
          [
            "-Xllvm", "-sil-disable-pass=closure-specialize",
            "-Xllvm", "-sil-disable-pass=capture-prop",
          ], .when(configuration: .release))
      ]),
    module("Widgets", ["TerminalCore"]),
    // Layer 2: what components are made with
    module("Etcd", ["Basics", "Bolt", "PersistentCollections", "Raft", "MVCC"]),
    module("ControllerRuntime", ["Basics", "PersistentCollections", "KubeAPI"]),
    // Layer 3: the components
    module(
      "APIServer", ["Basics", "PersistentCollections", "KubeAPI", "MVCC", "Etcd"]),
    module(
      "KubeScheduler", ["Basics", "PersistentCollections", "KubeAPI", "ControllerRuntime"]),
    module("Controllers", ["Basics", "PersistentCollections", "KubeAPI", "ControllerRuntime"]),
    module("Kubelet", ["Basics", "PersistentCollections", "KubeAPI", "ControllerRuntime"]),
    module("KubeProxy", ["Basics", "PersistentCollections", "KubeAPI", "ControllerRuntime"]),
    // Layer 4: the world
    module(
      "Engine",
      [
        "Basics", "PersistentCollections", "SimulationKernel", "Raft", "MVCC", "KubeAPI", "Etcd",
        "ControllerRuntime", "APIServer", "KubeScheduler", "Controllers", "Kubelet", "KubeProxy",
      ]),
    // Layer 5: what people bring to a world
    module("Manifests", ["Basics", "KubeAPI", yams]),
    module("Kubectl", ["Basics", "KubeAPI", "Engine", "Manifests"]),
    module("Etcdctl", ["Basics", "KubeAPI", "MVCC", "Etcd", "Engine"]),
    module(
      "Scenarios",
      [
        "Basics", "Linearizability", "MVCC", "KubeAPI", "Etcd", "Engine", "Manifests", "Kubectl",
        "Etcdctl", yams,
      ]),
    .target(
      name: "Gateway", dependencies: ["Basics", "MVCC", "Etcd", "Engine"] + doors,
      exclude: ["Proto/kv.proto", "Proto/rpc.proto"], swiftSettings: strict),
    // Layers 6 to 8: the face and the command
    .target(
      name: "Themes", dependencies: ["TerminalCore"], path: "themes",
      resources: [.embedInCode("data")], swiftSettings: strict),
    .target(
      name: "CNcurses",
      linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
    module("Ncurses", ["TerminalCore", "CNcurses"]),
    module(
      "Dashboard",
      [
        "Basics", "KubeAPI", "Engine", "Kubectl", "Etcdctl", "Scenarios", "Manifests",
        "TerminalCore",
        "Widgets", "Themes", "APIServer", "MVCC", "Raft", "Etcd", "ControllerRuntime",
        "KubeScheduler", "KubeProxy", "PersistentCollections",
      ]),
    .executableTarget(
      name: "orrery",
      dependencies: [
        "Basics", "KubeAPI", "Engine", "Manifests", "Kubectl", "Scenarios", "TerminalCore",
        "Widgets", "Themes", "Dashboard", "Ncurses", "SimulationKernel", "Raft", "MVCC",
        arguments,
        .target(name: "Gateway", condition: .when(traits: ["Doors"])),
      ],
      swiftSettings: strict),
    // Tests
    tests("Basics", ["Basics", "PersistentCollections"]),
    tests("Bolt", ["Basics", "Bolt"]),
    tests("SimulationKernel", ["Basics", "SimulationKernel"]),
    tests("Raft", ["Basics", "Raft"], exclude: ["Scripts"]),
    tests("Linearizability", ["Basics", "Linearizability"]),
    tests("MVCC", ["Basics", "PersistentCollections", "MVCC"]),
    tests("Etcd", ["Basics", "Raft", "MVCC", "Etcd"]),
    tests("KubeAPI", ["Basics", "KubeAPI", "Manifests"]),
    tests("ControllerRuntime", ["Basics", "KubeAPI", "ControllerRuntime"]),
    tests("APIServer", ["Basics", "KubeAPI", "MVCC", "Etcd", "APIServer"]),
    tests(
      "KubeScheduler", ["Basics", "KubeAPI", "ControllerRuntime", "KubeScheduler", "Manifests"]),
    tests("Controllers", ["Basics", "KubeAPI", "ControllerRuntime", "Controllers"]),
    tests("Kubelet", ["Basics", "KubeAPI", "ControllerRuntime", "Kubelet", "KubeProxy"]),
    tests("Etcdctl", ["Basics", "Engine", "Etcdctl"]),
    tests("Kubectl", ["Basics", "KubeAPI", "Engine", "Kubectl"]),
    tests(
      "Engine", ["Basics", "KubeAPI", "MVCC", "Etcd", "Engine", "Manifests", "SimulationKernel"]),
    tests(
      "Scenarios",
      [
        "Basics", "Linearizability", "KubeAPI", "Etcd", "Engine", "Manifests", "Kubectl", "Etcdctl",
        "Scenarios",
      ],
      exclude: ["Data"]),
    tests("TerminalCore", ["TerminalCore", "Widgets", "Ncurses", "Themes"]),
    tests(
      "Dashboard",
      [
        "Basics", "KubeAPI", "Kubectl", "Dashboard", "Engine", "Scenarios", "TerminalCore",
        "Themes",
      ],
      exclude: ["Golden"]),
    tests(
      "Gateway",
      ["Basics", "MVCC", "Etcd", "Engine", "Etcdctl", "Gateway", "TerminalCore", "Ncurses"]
        + doors + doorClients),
    tests("EndToEnd", ["Ncurses", "TerminalCore"], exclude: ["Stories"]),
  ]
)
