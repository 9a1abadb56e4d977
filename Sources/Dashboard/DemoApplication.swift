import KubeAPI
import Manifests

/// What runs on the cluster where nothing else was asked for: two small deployments behind
/// services.
public enum DemoApplication {
  public static var manifests: [ManifestDocument] {
    // A test reads it; a mistake in it leaves the cluster empty rather than trapping.
    (try? ManifestReader.read(text: manifest, file: "demo.yaml")) ?? []
  }

  static let manifest = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {app: web}}
    spec:
      replicas: 6
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: nginx
              image: nginx:1.27
              ports: [{containerPort: 80}]
              resources: {requests: {cpu: 100m, memory: 64Mi}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec:
      selector: {app: web}
      ports: [{port: 80}]
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: cache, labels: {app: cache}}
    spec:
      replicas: 2
      selector: {matchLabels: {app: cache}}
      template:
        metadata: {labels: {app: cache}}
        spec:
          containers:
            - name: redis
              image: redis:7.4
              ports: [{containerPort: 6379}]
              resources: {requests: {cpu: 50m, memory: 128Mi}}
    ---
    apiVersion: v1
    kind: Service
    metadata: {name: cache}
    spec:
      selector: {app: cache}
      ports: [{port: 6379}]
    """
}
