// Where everything is kept: the artifact bucket that the edge reads, and the event bucket that it fills.
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, type CfnBucket, StorageClass } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { CATALOG_NAME, documentKey, eventKey, objectKey, pointerKey } from "../shared/artifact/keys.ts";

/** Keys as policies match them, from the functions that write them. */
export const KEY_PATTERNS = {
  objects: objectKey("*"),
  documents: documentKey("*", "*"),
  pointers: pointerKey("*", "stable").replace("stable", "*"),
  catalogs: documentKey(CATALOG_NAME, "*"),
  events: `${firstSegment(eventKey(0, "batch"))}/*`,
};

/** Keys of every `stable` pointer. */
export const STABLE_POINTERS = pointerKey("*", "stable");

const SECURE: BucketProps = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  removalPolicy: RemovalPolicy.RETAIN,
};

export class Buckets extends Construct {
  readonly artifacts: Bucket;
  readonly events: Bucket;
  readonly accessLogs: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const abortIncompleteMultipartUploadAfter = Duration.days(1);
    this.accessLogs = new Bucket(this, "AccessLogs", {
      ...SECURE,
      lifecycleRules: [{ expiration: Duration.days(90), abortIncompleteMultipartUploadAfter }],
    });
    this.artifacts = new Bucket(this, "Artifacts", {
      ...SECURE,
      versioned: true,
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: "artifacts/",
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(90), abortIncompleteMultipartUploadAfter }],
    });
    this.events = new Bucket(this, "Events", {
      ...SECURE,
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: "events/",
      lifecycleRules: [
        {
          abortIncompleteMultipartUploadAfter,
          transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(60) }],
          expiration: Duration.days(395),
        },
      ],
    });
    this.#tellEventBridge();
  }

  /** The property itself: the L2's `eventBridgeEnabled` would bring a Lambda to set it. */
  #tellEventBridge(): void {
    const bucket = this.artifacts.node.defaultChild as CfnBucket; // a Bucket's default child is its CfnBucket
    bucket.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
  }
}

function firstSegment(key: string): string {
  return key.slice(0, key.indexOf("/"));
}
