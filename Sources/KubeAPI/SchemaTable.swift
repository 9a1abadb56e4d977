extension Schema {
  /// Every field of Kubernetes 1.36 for the kinds of this module, from the JSON tags of its types.
  ///
  /// One type a paragraph: its name, then `field:shape`. A shape is `*S` (pointer), `[S]`, `{S}`
  /// (map by string), a scalar (`string`, `int32`, `int64`, `bool`, `quantity`, `time`,
  /// `microTime`, `intOrString`, `bytes`, `any`) or a type's name; `=v1.Name` is the Go name where
  /// it differs. After it, `!` means written even when empty, `@key` that a strategic merge patch
  /// merges the list by that key (`@` alone: a set of plain values), `~` the patch's retainKeys.
  static let text = """
    AWSElasticBlockStoreVolumeSource fsType:string partition:int32 readOnly:bool volumeID:string!
    Affinity nodeAffinity:*NodeAffinity podAffinity:*PodAffinity podAntiAffinity:*PodAntiAffinity
    AppArmorProfile localhostProfile:*string type:string=v1.AppArmorProfileType!
    AttachedVolume devicePath:string! name:string=v1.UniqueVolumeName!
    AzureDiskVolumeSource cachingMode:*string=v1.AzureDataDiskCachingMode diskName:string!
      diskURI:string! fsType:*string kind:*string=v1.AzureDataDiskKind readOnly:*bool
    AzureFileVolumeSource readOnly:bool secretName:string! shareName:string!
    CSIVolumeSource driver:string! fsType:*string nodePublishSecretRef:*LocalObjectReference
      readOnly:*bool volumeAttributes:{string}
    Capabilities add:[string=v1.Capability] drop:[string=v1.Capability]
    CephFSVolumeSource monitors:[string]! path:string readOnly:bool secretFile:string
      secretRef:*LocalObjectReference user:string
    CinderVolumeSource fsType:string readOnly:bool secretRef:*LocalObjectReference volumeID:string!
    ClientIPConfig timeoutSeconds:*int32
    ClusterTrustBundleProjection labelSelector:*LabelSelector name:*string optional:*bool
      path:string! signerName:*string
    Condition lastTransitionTime:time! message:string! observedGeneration:int64 reason:string!
      status:string=v1.ConditionStatus! type:string!
    ConfigMap binaryData:{bytes} data:{string} immutable:*bool metadata:ObjectMeta!
    ConfigMapEnvSource name:string optional:*bool
    ConfigMapKeySelector key:string! name:string optional:*bool
    ConfigMapNodeConfigSource kubeletConfigKey:string! name:string! namespace:string!
      resourceVersion:string uid:string=types.UID
    ConfigMapProjection items:[KeyToPath] name:string optional:*bool
    ConfigMapVolumeSource defaultMode:*int32 items:[KeyToPath] name:string optional:*bool
    Container args:[string] command:[string] env:[EnvVar]@name envFrom:[EnvFromSource] image:string
      imagePullPolicy:string=v1.PullPolicy lifecycle:*Lifecycle livenessProbe:*Probe name:string!
      ports:[ContainerPort]@containerPort readinessProbe:*Probe resizePolicy:[ContainerResizePolicy]
      resources:ResourceRequirements! restartPolicy:*string=v1.ContainerRestartPolicy
      restartPolicyRules:[ContainerRestartRule] securityContext:*SecurityContext startupProbe:*Probe
      stdin:bool stdinOnce:bool terminationMessagePath:string
      terminationMessagePolicy:string=v1.TerminationMessagePolicy tty:bool
      volumeDevices:[VolumeDevice]@devicePath volumeMounts:[VolumeMount]@mountPath workingDir:string
    ContainerExtendedResourceRequest containerName:string! requestName:string! resourceName:string!
    ContainerImage names:[string]! sizeBytes:int64
    ContainerPort containerPort:int32! hostIP:string hostPort:int32 name:string
      protocol:string=v1.Protocol
    ContainerResizePolicy resourceName:string=v1.ResourceName!
      restartPolicy:string=v1.ResourceResizeRestartPolicy!
    ContainerRestartRule action:string=v1.ContainerRestartRuleAction
      exitCodes:*ContainerRestartRuleOnExitCodes
    ContainerRestartRuleOnExitCodes operator:string=v1.ContainerRestartRuleOnExitCodesOperator
      values:[int32]
    ContainerState running:*ContainerStateRunning terminated:*ContainerStateTerminated
      waiting:*ContainerStateWaiting
    ContainerStateRunning startedAt:time!
    ContainerStateTerminated containerID:string exitCode:int32! finishedAt:time! message:string
      reason:string signal:int32 startedAt:time!
    ContainerStateWaiting message:string reason:string
    ContainerStatus allocatedResources:{quantity}=v1.ResourceList
      allocatedResourcesStatus:[ResourceStatus]@name containerID:string image:string!
      imageID:string! lastState:ContainerState! name:string! ready:bool!
      resources:*ResourceRequirements restartCount:int32! started:*bool state:ContainerState!
      stopSignal:*string=v1.Signal user:*ContainerUser volumeMounts:[VolumeMountStatus]@mountPath
    ContainerUser linux:*LinuxContainerUser
    DaemonEndpoint Port:int32!
    Deployment metadata:ObjectMeta! spec:DeploymentSpec! status:DeploymentStatus!
    DeploymentCondition lastTransitionTime:time! lastUpdateTime:time! message:string reason:string
      status:string=v1.ConditionStatus! type:string=v1.DeploymentConditionType!
    DeploymentSpec minReadySeconds:int32 paused:bool progressDeadlineSeconds:*int32 replicas:*int32
      revisionHistoryLimit:*int32 selector:*LabelSelector! strategy:DeploymentStrategy!~
      template:PodTemplateSpec!
    DeploymentStatus availableReplicas:int32 collisionCount:*int32
      conditions:[DeploymentCondition]@type observedGeneration:int64 readyReplicas:int32
      replicas:int32 terminatingReplicas:*int32 unavailableReplicas:int32 updatedReplicas:int32
    DeploymentStrategy rollingUpdate:*RollingUpdateDeployment type:string=v1.DeploymentStrategyType
    DownwardAPIProjection items:[DownwardAPIVolumeFile]
    DownwardAPIVolumeFile fieldRef:*ObjectFieldSelector mode:*int32 path:string!
      resourceFieldRef:*ResourceFieldSelector
    DownwardAPIVolumeSource defaultMode:*int32 items:[DownwardAPIVolumeFile]
    EmptyDirVolumeSource medium:string=v1.StorageMedium sizeLimit:*quantity
    Endpoint addresses:[string]! conditions:EndpointConditions! deprecatedTopology:{string}
      hints:*EndpointHints hostname:*string nodeName:*string targetRef:*ObjectReference zone:*string
    EndpointConditions ready:*bool serving:*bool terminating:*bool
    EndpointHints forNodes:[ForNode] forZones:[ForZone]
    EndpointPort appProtocol:*string name:*string port:*int32 protocol:*string=v1.Protocol
    EndpointSlice addressType:string=v1.AddressType! endpoints:[Endpoint]! metadata:ObjectMeta!
      ports:[EndpointPort]!
    EnvFromSource configMapRef:*ConfigMapEnvSource prefix:string secretRef:*SecretEnvSource
    EnvVar name:string! value:string valueFrom:*EnvVarSource
    EnvVarSource configMapKeyRef:*ConfigMapKeySelector fieldRef:*ObjectFieldSelector
      fileKeyRef:*FileKeySelector resourceFieldRef:*ResourceFieldSelector
      secretKeyRef:*SecretKeySelector
    EphemeralContainer args:[string] command:[string] env:[EnvVar]@name envFrom:[EnvFromSource]
      image:string imagePullPolicy:string=v1.PullPolicy lifecycle:*Lifecycle livenessProbe:*Probe
      name:string! ports:[ContainerPort]@containerPort readinessProbe:*Probe
      resizePolicy:[ContainerResizePolicy] resources:ResourceRequirements!
      restartPolicy:*string=v1.ContainerRestartPolicy restartPolicyRules:[ContainerRestartRule]
      securityContext:*SecurityContext startupProbe:*Probe stdin:bool stdinOnce:bool
      targetContainerName:string terminationMessagePath:string
      terminationMessagePolicy:string=v1.TerminationMessagePolicy tty:bool
      volumeDevices:[VolumeDevice]@devicePath volumeMounts:[VolumeMount]@mountPath workingDir:string
    EphemeralVolumeSource volumeClaimTemplate:*PersistentVolumeClaimTemplate
    Event action:string count:int32 eventTime:microTime! firstTimestamp:time!
      involvedObject:ObjectReference! lastTimestamp:time! message:string metadata:ObjectMeta!
      reason:string related:*ObjectReference reportingComponent:string! reportingInstance:string!
      series:*EventSeries source:EventSource! type:string
    EventSeries count:int32 lastObservedTime:microTime!
    EventSource component:string host:string
    ExecAction command:[string]
    FCVolumeSource fsType:string lun:*int32 readOnly:bool targetWWNs:[string] wwids:[string]
    FileKeySelector key:string! optional:*bool path:string! volumeName:string!
    FlexVolumeSource driver:string! fsType:string options:{string} readOnly:bool
      secretRef:*LocalObjectReference
    FlockerVolumeSource datasetName:string datasetUUID:string
    ForNode name:string!
    ForZone name:string!
    GCEPersistentDiskVolumeSource fsType:string partition:int32 pdName:string! readOnly:bool
    GRPCAction port:int32! service:*string!
    GitRepoVolumeSource directory:string repository:string! revision:string
    GlusterfsVolumeSource endpoints:string! path:string! readOnly:bool
    HTTPGetAction host:string httpHeaders:[HTTPHeader] path:string port:intOrString!
      scheme:string=v1.URIScheme
    HTTPHeader name:string! value:string!
    HostAlias hostnames:[string] ip:string!
    HostIP ip:string!
    HostPathVolumeSource path:string! type:*string=v1.HostPathType
    ISCSIVolumeSource chapAuthDiscovery:bool chapAuthSession:bool fsType:string
      initiatorName:*string iqn:string! iscsiInterface:string lun:int32! portals:[string]
      readOnly:bool secretRef:*LocalObjectReference targetPortal:string!
    ImageVolumeSource pullPolicy:string=v1.PullPolicy reference:string
    ImageVolumeStatus imageRef:string
    KeyToPath key:string! mode:*int32 path:string!
    LabelSelector matchExpressions:[LabelSelectorRequirement] matchLabels:{string}
    LabelSelectorRequirement key:string! operator:string=v1.LabelSelectorOperator! values:[string]
    Lease metadata:ObjectMeta! spec:LeaseSpec!
    LeaseSpec acquireTime:*microTime holderIdentity:*string leaseDurationSeconds:*int32
      leaseTransitions:*int32 preferredHolder:*string renewTime:*microTime
      strategy:*string=v1.CoordinatedLeaseStrategy
    Lifecycle postStart:*LifecycleHandler preStop:*LifecycleHandler stopSignal:*string=v1.Signal
    LifecycleHandler exec:*ExecAction httpGet:*HTTPGetAction sleep:*SleepAction
      tcpSocket:*TCPSocketAction
    LinuxContainerUser gid:int64! supplementalGroups:[int64] uid:int64!
    LoadBalancerIngress hostname:string ip:string ipMode:*string=v1.LoadBalancerIPMode
      ports:[PortStatus]
    LoadBalancerStatus ingress:[LoadBalancerIngress]
    LocalObjectReference name:string
    ManagedFieldsEntry apiVersion:string fieldsType:string fieldsV1:*any manager:string
      operation:string=v1.ManagedFieldsOperationType subresource:string time:*time
    NFSVolumeSource path:string! readOnly:bool server:string!
    Namespace metadata:ObjectMeta! spec:NamespaceSpec! status:NamespaceStatus!
    NamespaceCondition lastTransitionTime:time! message:string reason:string
      status:string=v1.ConditionStatus! type:string=v1.NamespaceConditionType!
    NamespaceSpec finalizers:[string=v1.FinalizerName]
    NamespaceStatus conditions:[NamespaceCondition]@type phase:string=v1.NamespacePhase
    Node metadata:ObjectMeta! spec:NodeSpec! status:NodeStatus!
    NodeAddress address:string! type:string=v1.NodeAddressType!
    NodeAffinity preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm]
      requiredDuringSchedulingIgnoredDuringExecution:*NodeSelector
    NodeAllocatableResourceClaimStatus containers:[string] resourceClaimName:string!
      resources:{quantity}!
    NodeCondition lastHeartbeatTime:time! lastTransitionTime:time! message:string reason:string
      status:string=v1.ConditionStatus! type:string=v1.NodeConditionType!
    NodeConfigSource configMap:*ConfigMapNodeConfigSource
    NodeConfigStatus active:*NodeConfigSource assigned:*NodeConfigSource error:string
      lastKnownGood:*NodeConfigSource
    NodeDaemonEndpoints kubeletEndpoint:DaemonEndpoint!
    NodeFeatures supplementalGroupsPolicy:*bool
    NodeRuntimeHandler features:*NodeRuntimeHandlerFeatures name:string!
    NodeRuntimeHandlerFeatures recursiveReadOnlyMounts:*bool userNamespaces:*bool
    NodeSelector nodeSelectorTerms:[NodeSelectorTerm]!
    NodeSelectorRequirement key:string! operator:string=v1.NodeSelectorOperator! values:[string]
    NodeSelectorTerm matchExpressions:[NodeSelectorRequirement]
      matchFields:[NodeSelectorRequirement]
    NodeSpec configSource:*NodeConfigSource externalID:string podCIDR:string podCIDRs:[string]@
      providerID:string taints:[Taint] unschedulable:bool
    NodeStatus addresses:[NodeAddress]@type allocatable:{quantity}=v1.ResourceList
      capacity:{quantity}=v1.ResourceList conditions:[NodeCondition]@type config:*NodeConfigStatus
      daemonEndpoints:NodeDaemonEndpoints! declaredFeatures:[string] features:*NodeFeatures
      images:[ContainerImage] nodeInfo:NodeSystemInfo! phase:string=v1.NodePhase
      runtimeHandlers:[NodeRuntimeHandler] volumesAttached:[AttachedVolume]
      volumesInUse:[string=v1.UniqueVolumeName]
    NodeSwapStatus capacity:*int64
    NodeSystemInfo architecture:string! bootID:string! containerRuntimeVersion:string!
      kernelVersion:string! kubeProxyVersion:string! kubeletVersion:string! machineID:string!
      operatingSystem:string! osImage:string! swap:*NodeSwapStatus systemUUID:string!
    ObjectFieldSelector apiVersion:string fieldPath:string!
    ObjectMeta annotations:{string} creationTimestamp:time deletionGracePeriodSeconds:*int64
      deletionTimestamp:*time finalizers:[string]@ generateName:string generation:int64
      labels:{string} managedFields:[ManagedFieldsEntry] name:string namespace:string
      ownerReferences:[OwnerReference]@uid resourceVersion:string selfLink:string
      uid:string=types.UID
    ObjectReference apiVersion:string fieldPath:string kind:string name:string namespace:string
      resourceVersion:string uid:string=types.UID
    OwnerReference apiVersion:string! blockOwnerDeletion:*bool controller:*bool kind:string!
      name:string! uid:string=types.UID!
    PersistentVolumeClaimSpec accessModes:[string=v1.PersistentVolumeAccessMode]
      dataSource:*TypedLocalObjectReference dataSourceRef:*TypedObjectReference
      resources:VolumeResourceRequirements! selector:*LabelSelector storageClassName:*string
      volumeAttributesClassName:*string volumeMode:*string=v1.PersistentVolumeMode volumeName:string
    PersistentVolumeClaimTemplate metadata:ObjectMeta! spec:PersistentVolumeClaimSpec!
    PersistentVolumeClaimVolumeSource claimName:string! readOnly:bool
    PhotonPersistentDiskVolumeSource fsType:string pdID:string!
    Pod metadata:ObjectMeta! spec:PodSpec! status:PodStatus!
    PodAffinity preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
      requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
    PodAffinityTerm labelSelector:*LabelSelector matchLabelKeys:[string] mismatchLabelKeys:[string]
      namespaceSelector:*LabelSelector namespaces:[string] topologyKey:string!
    PodAntiAffinity preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm]
      requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
    PodCertificateProjection certificateChainPath:string credentialBundlePath:string keyPath:string
      keyType:string maxExpirationSeconds:*int32 signerName:string userAnnotations:{string}
    PodCondition lastProbeTime:time! lastTransitionTime:time! message:string
      observedGeneration:int64 reason:string status:string=v1.ConditionStatus!
      type:string=v1.PodConditionType!
    PodDNSConfig nameservers:[string] options:[PodDNSConfigOption] searches:[string]
    PodDNSConfigOption name:string value:*string
    PodExtendedResourceClaimStatus requestMappings:[ContainerExtendedResourceRequest]!
      resourceClaimName:string!
    PodIP ip:string!
    PodOS name:string=v1.OSName!
    PodReadinessGate conditionType:string=v1.PodConditionType!
    PodResourceClaim name:string! resourceClaimName:*string resourceClaimTemplateName:*string
    PodResourceClaimStatus name:string! resourceClaimName:*string
    PodSchedulingGate name:string!
    PodSchedulingGroup podGroupName:*string
    PodSecurityContext appArmorProfile:*AppArmorProfile fsGroup:*int64
      fsGroupChangePolicy:*string=v1.PodFSGroupChangePolicy runAsGroup:*int64 runAsNonRoot:*bool
      runAsUser:*int64 seLinuxChangePolicy:*string=v1.PodSELinuxChangePolicy
      seLinuxOptions:*SELinuxOptions seccompProfile:*SeccompProfile supplementalGroups:[int64]
      supplementalGroupsPolicy:*string=v1.SupplementalGroupsPolicy sysctls:[Sysctl]
      windowsOptions:*WindowsSecurityContextOptions
    PodSpec activeDeadlineSeconds:*int64 affinity:*Affinity automountServiceAccountToken:*bool
      containers:[Container]!@name dnsConfig:*PodDNSConfig dnsPolicy:string=v1.DNSPolicy
      enableServiceLinks:*bool ephemeralContainers:[EphemeralContainer]@name
      hostAliases:[HostAlias]@ip hostIPC:bool hostNetwork:bool hostPID:bool hostUsers:*bool
      hostname:string hostnameOverride:*string imagePullSecrets:[LocalObjectReference]@name
      initContainers:[Container]@name nodeName:string nodeSelector:{string} os:*PodOS
      overhead:{quantity}=v1.ResourceList preemptionPolicy:*string=v1.PreemptionPolicy
      priority:*int32 priorityClassName:string readinessGates:[PodReadinessGate]
      resourceClaims:[PodResourceClaim]@name~ resources:*ResourceRequirements
      restartPolicy:string=v1.RestartPolicy runtimeClassName:*string schedulerName:string
      schedulingGates:[PodSchedulingGate]@name schedulingGroup:*PodSchedulingGroup
      securityContext:*PodSecurityContext serviceAccount:string serviceAccountName:string
      setHostnameAsFQDN:*bool shareProcessNamespace:*bool subdomain:string
      terminationGracePeriodSeconds:*int64 tolerations:[Toleration]
      topologySpreadConstraints:[TopologySpreadConstraint]@topologyKey volumes:[Volume]@name~
    PodStatus allocatedResources:{quantity}=v1.ResourceList conditions:[PodCondition]@type
      containerStatuses:[ContainerStatus] ephemeralContainerStatuses:[ContainerStatus]
      extendedResourceClaimStatus:*PodExtendedResourceClaimStatus hostIP:string hostIPs:[HostIP]@ip
      initContainerStatuses:[ContainerStatus] message:string
      nodeAllocatableResourceClaimStatuses:[NodeAllocatableResourceClaimStatus]
      nominatedNodeName:string observedGeneration:int64 phase:string=v1.PodPhase podIP:string
      podIPs:[PodIP]@ip qosClass:string=v1.PodQOSClass reason:string
      resize:string=v1.PodResizeStatus resourceClaimStatuses:[PodResourceClaimStatus]@name~
      resources:*ResourceRequirements startTime:*time
    PodTemplateSpec metadata:ObjectMeta! spec:PodSpec!
    PortStatus error:*string port:int32! protocol:string=v1.Protocol!
    PortworxVolumeSource fsType:string readOnly:bool volumeID:string!
    PreferredSchedulingTerm preference:NodeSelectorTerm! weight:int32!
    Probe exec:*ExecAction failureThreshold:int32 grpc:*GRPCAction httpGet:*HTTPGetAction
      initialDelaySeconds:int32 periodSeconds:int32 successThreshold:int32
      tcpSocket:*TCPSocketAction terminationGracePeriodSeconds:*int64 timeoutSeconds:int32
    ProjectedVolumeSource defaultMode:*int32 sources:[VolumeProjection]!
    QuobyteVolumeSource group:string readOnly:bool registry:string! tenant:string user:string
      volume:string!
    RBDVolumeSource fsType:string image:string! keyring:string monitors:[string]! pool:string
      readOnly:bool secretRef:*LocalObjectReference user:string
    ReplicaSet metadata:ObjectMeta! spec:ReplicaSetSpec! status:ReplicaSetStatus!
    ReplicaSetCondition lastTransitionTime:time! message:string reason:string
      status:string=v1.ConditionStatus! type:string=v1.ReplicaSetConditionType!
    ReplicaSetSpec minReadySeconds:int32 replicas:*int32 selector:*LabelSelector!
      template:PodTemplateSpec!
    ReplicaSetStatus availableReplicas:int32 conditions:[ReplicaSetCondition]@type
      fullyLabeledReplicas:int32 observedGeneration:int64 readyReplicas:int32 replicas:int32!
      terminatingReplicas:*int32
    ResourceClaim name:string! request:string
    ResourceFieldSelector containerName:string divisor:quantity! resource:string!
    ResourceHealth health:string=v1.ResourceHealthStatus message:*string
      resourceID:string=v1.ResourceID!
    ResourceRequirements claims:[ResourceClaim] limits:{quantity}=v1.ResourceList
      requests:{quantity}=v1.ResourceList
    ResourceStatus name:string=v1.ResourceName! resources:[ResourceHealth]
    RollingUpdateDeployment maxSurge:*intOrString maxUnavailable:*intOrString
    SELinuxOptions level:string role:string type:string user:string
    ScaleIOVolumeSource fsType:string gateway:string! protectionDomain:string readOnly:bool
      secretRef:*LocalObjectReference! sslEnabled:bool storageMode:string storagePool:string
      system:string! volumeName:string
    SeccompProfile localhostProfile:*string type:string=v1.SeccompProfileType!
    Secret data:{bytes} immutable:*bool metadata:ObjectMeta! stringData:{string}
      type:string=v1.SecretType
    SecretEnvSource name:string optional:*bool
    SecretKeySelector key:string! name:string optional:*bool
    SecretProjection items:[KeyToPath] name:string optional:*bool
    SecretVolumeSource defaultMode:*int32 items:[KeyToPath] optional:*bool secretName:string
    SecurityContext allowPrivilegeEscalation:*bool appArmorProfile:*AppArmorProfile
      capabilities:*Capabilities privileged:*bool procMount:*string=v1.ProcMountType
      readOnlyRootFilesystem:*bool runAsGroup:*int64 runAsNonRoot:*bool runAsUser:*int64
      seLinuxOptions:*SELinuxOptions seccompProfile:*SeccompProfile
      windowsOptions:*WindowsSecurityContextOptions
    Service metadata:ObjectMeta! spec:ServiceSpec! status:ServiceStatus!
    ServiceAccount automountServiceAccountToken:*bool imagePullSecrets:[LocalObjectReference]
      metadata:ObjectMeta! secrets:[ObjectReference]@name
    ServiceAccountTokenProjection audience:string expirationSeconds:*int64 path:string!
    ServicePort appProtocol:*string name:string nodePort:int32 port:int32!
      protocol:string=v1.Protocol targetPort:intOrString!
    ServiceSpec allocateLoadBalancerNodePorts:*bool clusterIP:string clusterIPs:[string]
      externalIPs:[string] externalName:string
      externalTrafficPolicy:string=v1.ServiceExternalTrafficPolicy healthCheckNodePort:int32
      internalTrafficPolicy:*string=v1.ServiceInternalTrafficPolicy ipFamilies:[string=v1.IPFamily]
      ipFamilyPolicy:*string=v1.IPFamilyPolicy loadBalancerClass:*string loadBalancerIP:string
      loadBalancerSourceRanges:[string] ports:[ServicePort]@port publishNotReadyAddresses:bool
      selector:{string} sessionAffinity:string=v1.ServiceAffinity
      sessionAffinityConfig:*SessionAffinityConfig trafficDistribution:*string
      type:string=v1.ServiceType
    ServiceStatus conditions:[Condition]@type loadBalancer:LoadBalancerStatus!
    SessionAffinityConfig clientIP:*ClientIPConfig
    SleepAction seconds:int64!
    StorageOSVolumeSource fsType:string readOnly:bool secretRef:*LocalObjectReference
      volumeName:string volumeNamespace:string
    Sysctl name:string! value:string!
    TCPSocketAction host:string port:intOrString!
    Taint effect:string=v1.TaintEffect! key:string! timeAdded:*time value:string
    Toleration effect:string=v1.TaintEffect key:string operator:string=v1.TolerationOperator
      tolerationSeconds:*int64 value:string
    TopologySpreadConstraint labelSelector:*LabelSelector matchLabelKeys:[string] maxSkew:int32!
      minDomains:*int32 nodeAffinityPolicy:*string=v1.NodeInclusionPolicy
      nodeTaintsPolicy:*string=v1.NodeInclusionPolicy topologyKey:string!
      whenUnsatisfiable:string=v1.UnsatisfiableConstraintAction!
    TypedLocalObjectReference apiGroup:*string! kind:string! name:string!
    TypedObjectReference apiGroup:*string! kind:string! name:string! namespace:*string
    Volume awsElasticBlockStore:*AWSElasticBlockStoreVolumeSource azureDisk:*AzureDiskVolumeSource
      azureFile:*AzureFileVolumeSource cephfs:*CephFSVolumeSource cinder:*CinderVolumeSource
      configMap:*ConfigMapVolumeSource csi:*CSIVolumeSource downwardAPI:*DownwardAPIVolumeSource
      emptyDir:*EmptyDirVolumeSource ephemeral:*EphemeralVolumeSource fc:*FCVolumeSource
      flexVolume:*FlexVolumeSource flocker:*FlockerVolumeSource
      gcePersistentDisk:*GCEPersistentDiskVolumeSource gitRepo:*GitRepoVolumeSource
      glusterfs:*GlusterfsVolumeSource hostPath:*HostPathVolumeSource image:*ImageVolumeSource
      iscsi:*ISCSIVolumeSource name:string! nfs:*NFSVolumeSource
      persistentVolumeClaim:*PersistentVolumeClaimVolumeSource
      photonPersistentDisk:*PhotonPersistentDiskVolumeSource portworxVolume:*PortworxVolumeSource
      projected:*ProjectedVolumeSource quobyte:*QuobyteVolumeSource rbd:*RBDVolumeSource
      scaleIO:*ScaleIOVolumeSource secret:*SecretVolumeSource storageos:*StorageOSVolumeSource
      vsphereVolume:*VsphereVirtualDiskVolumeSource
    VolumeDevice devicePath:string! name:string!
    VolumeMount mountPath:string! mountPropagation:*string=v1.MountPropagationMode name:string!
      readOnly:bool recursiveReadOnly:*string=v1.RecursiveReadOnlyMode subPath:string
      subPathExpr:string
    VolumeMountStatus mountPath:string! name:string! readOnly:bool
      recursiveReadOnly:*string=v1.RecursiveReadOnlyMode volumeStatus:*VolumeStatus
    VolumeProjection clusterTrustBundle:*ClusterTrustBundleProjection configMap:*ConfigMapProjection
      downwardAPI:*DownwardAPIProjection podCertificate:*PodCertificateProjection
      secret:*SecretProjection serviceAccountToken:*ServiceAccountTokenProjection
    VolumeResourceRequirements limits:{quantity}=v1.ResourceList requests:{quantity}=v1.ResourceList
    VolumeStatus image:*ImageVolumeStatus
    VsphereVirtualDiskVolumeSource fsType:string storagePolicyID:string storagePolicyName:string
      volumePath:string!
    WeightedPodAffinityTerm podAffinityTerm:PodAffinityTerm! weight:int32!
    WindowsSecurityContextOptions gmsaCredentialSpec:*string gmsaCredentialSpecName:*string
      hostProcess:*bool runAsUserName:*string

    """
}
