{{- define "crease.labels" -}}
app.kubernetes.io/name: crease
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "crease.selector" -}}
app.kubernetes.io/name: crease
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "crease.name" -}}
{{ printf "%s-%s" .root.Release.Name .role | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* A pod of a role: .role is its name, .command crease's word, .root the chart's scope, .disk whether it keeps data on one. */}}
{{- define "crease.pod" -}}
metadata:
  labels:
    {{- include "crease.selector" . | nindent 4 }}
  annotations:
    # A change of the configuration is a new pod.
    checksum/config: {{ .root.Values.config | sha256sum }}
    prometheus.io/scrape: "true"
    prometheus.io/port: "8700"
    prometheus.io/path: /metrics
spec:
  {{- if ne .role "migrate" }}
  serviceAccountName: {{ .root.Release.Name }}
  {{- end }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ add .root.Values.drainSeconds 20 }}
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "crease.selector" . | nindent 10 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: crease
      image: {{ printf "%s:%s" .root.Values.image.repository (.root.Values.image.tag | default .root.Chart.AppVersion) | quote }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: [{{ .command }}]
      ports:
        - { name: http, containerPort: 8700 }
        {{- if eq .role "markets" }}
        - { name: calls, containerPort: 8710 }
        {{- end }}
      env:
        - { name: CREASE_CONFIG, value: /etc/crease/crease.toml }
        - { name: CREASE__HTTP__LISTEN, value: "0.0.0.0:8700" }
        - { name: CREASE__DATABASE__PRODUCTION, value: "true" }
        - { name: CREASE__SHUTDOWN__DRAIN_SECONDS, value: {{ .root.Values.drainSeconds | quote }} }
        - { name: CREASE__MARKETS__ENABLED, value: {{ eq .role "markets" | quote }} }
        {{- if eq .role "markets" }}
        - name: POD_IP
          valueFrom: { fieldRef: { fieldPath: status.podIP } }
        - { name: CREASE__MARKETS__LISTEN, value: "0.0.0.0:8710" }
        - { name: CREASE__MARKETS__ADVERTISE, value: "$(POD_IP):8710" }
        {{- end }}
        - name: POD_NAME
          valueFrom: { fieldRef: { fieldPath: metadata.name } }
        - { name: OTEL_RESOURCE_ATTRIBUTES, value: "k8s.pod.name=$(POD_NAME),k8s.namespace.name={{ .root.Release.Namespace }}" }
        {{- with .root.Values.telemetry.otlp }}
        - { name: CREASE__TELEMETRY__OTLP, value: {{ . | quote }} }
        {{- end }}
      envFrom:
        - secretRef: { name: {{ .root.Values.existingSecret }} }
      {{- if ne .command "migrate" }}
      # A start reads keys and plans; after it a process that hangs is ended, and one whose database is away is left alone, out of turn.
      startupProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 1
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /healthz, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: http }
        periodSeconds: 5
        timeoutSeconds: 3
      lifecycle:
        # Whoever sends fans here learns of the end before it begins.
        preStop: { sleep: { seconds: 5 } }
      {{- end }}
      {{- with .resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        privileged: false
        capabilities: { drop: [ALL] }
      volumeMounts:
        - { name: config, mountPath: /etc/crease, readOnly: true }
        - { name: data, mountPath: /var/lib/crease }
  volumes:
    - name: config
      configMap: { name: {{ if eq .role "migrate" }}{{ include "crease.name" . }}{{ else }}{{ .root.Release.Name }}{{ end }} }
    {{- if not .disk }}
    # Nothing here has to outlive the pod.
    - name: data
      emptyDir: { sizeLimit: 256Mi }
    {{- end }}
{{- end }}
