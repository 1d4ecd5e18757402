// The retraining run as an AWS Batch job on one spot GPU: image, key, role, machine, queue, definition.
import { Duration, RemovalPolicy, Size, Stack } from "aws-cdk-lib";
import * as batch from "aws-cdk-lib/aws-batch";
import type { Vpc } from "aws-cdk-lib/aws-ec2";
import { Repository, TagMutability } from "aws-cdk-lib/aws-ecr";
import { ContainerImage, LogDrivers } from "aws-cdk-lib/aws-ecs";
import { PolicyDocument, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { Buckets } from "./buckets.ts";
import { gpuMachines } from "./gpu-machines.ts";
import { trainerStatements } from "./grants.ts";

/** One g4dn.xlarge or g5.xlarge (4 vCPU, 16 GiB, one GPU), less what the ECS agent keeps. */
const CONTAINER = { cpu: 4, gpu: 1, memory: Size.gibibytes(14) };

/** Machines at once: one job a task, four jobs side by side. */
const MAX_VCPUS = 16;

interface TrainingJobProps {
  readonly buckets: Buckets;
  /** Which pushed image runs: the commit that it was built from. */
  readonly imageTag: string;
}

export class TrainingJob extends Construct {
  readonly repository: Repository;
  readonly signingKey: Secret;
  readonly role: Role;
  readonly executionRole: Role;
  readonly logs: LogGroup;
  readonly vpc: Vpc;
  readonly machines: batch.ManagedEc2EcsComputeEnvironment;
  readonly queue: batch.JobQueue;
  readonly definition: batch.EcsJobDefinition;

  constructor(scope: Construct, id: string, { buckets, imageTag }: TrainingJobProps) {
    super(scope, id);
    this.repository = new Repository(this, "Image", {
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE,
      lifecycleRules: [{ maxImageCount: 20 }],
    });
    this.signingKey = new Secret(this, "SigningKey", {
      description: "Ed25519 private key, PKCS8 PEM; generated text until an operator puts the real one (runbook.md)",
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.logs = new LogGroup(this, "Logs", { retention: RetentionDays.SIX_MONTHS, removalPolicy: RemovalPolicy.RETAIN });
    const assumedBy = new ServicePrincipal("ecs-tasks.amazonaws.com");
    this.executionRole = new Role(this, "ExecutionRole", {
      assumedBy,
      description: "Starts the container: image, log, signing key",
    });
    this.role = new Role(this, "Role", {
      assumedBy,
      description: "What the training run itself may do",
      inlinePolicies: { Store: new PolicyDocument({ statements: trainerStatements(buckets) }) },
    });
    ({ vpc: this.vpc, machines: this.machines } = gpuMachines(this, MAX_VCPUS));
    this.queue = new batch.JobQueue(this, "Queue", { computeEnvironments: [{ computeEnvironment: this.machines, order: 1 }] });
    this.definition = this.#defineJob(buckets, imageTag);
  }

  #defineJob(buckets: Buckets, imageTag: string): batch.EcsJobDefinition {
    const { region } = Stack.of(this);
    const container = new batch.EcsEc2ContainerDefinition(this, "Container", {
      ...CONTAINER,
      image: ContainerImage.fromEcrRepository(this.repository, imageTag),
      command: ["retrain", "--task", "Ref::task"],
      jobRole: this.role,
      executionRole: this.executionRole,
      logging: LogDrivers.awsLogs({ logGroup: this.logs, streamPrefix: "retrain" }),
      secrets: { SELVEDGE_PRIVATE_KEY: batch.Secret.fromSecretsManager(this.signingKey) },
      environment: {
        SELVEDGE_STORE_ENDPOINT: `https://s3.${region}.amazonaws.com`,
        SELVEDGE_STORE_REGION: region,
        SELVEDGE_ARTIFACT_BUCKET: buckets.artifacts.bucketName,
        SELVEDGE_EVENT_BUCKET: buckets.events.bucketName,
      },
    });
    return new batch.EcsJobDefinition(this, "Definition", {
      container,
      parameters: { task: "ad-click" },
      timeout: Duration.hours(6),
      retryAttempts: 3,
      retryStrategies: [
        batch.RetryStrategy.of(batch.Action.RETRY, batch.Reason.SPOT_INSTANCE_RECLAIMED),
        batch.RetryStrategy.of(batch.Action.EXIT, batch.Reason.custom({ onReason: "*" })),
      ],
    });
  }
}
