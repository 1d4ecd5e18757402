// Who the Worker is to S3: it reads artifacts, adds events, and publishes catalogs that were edited in it. No listing, no deleting.
import { ManagedPolicy, PolicyStatement, User } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { CATALOG_NAME, pointerKey } from "../shared/artifact/keys.ts";
import { type Buckets, KEY_PATTERNS } from "./buckets.ts";
import { CREATE_ONLY, keysOf, REPLACE_ONLY } from "./grants.ts";

const CATALOG_POINTER = pointerKey(CATALOG_NAME, "stable");

/** An operator makes its access key by hand (see runbook.md), so that no template ever holds a secret. */
export class EdgeUser extends Construct {
  readonly user: User;

  constructor(scope: Construct, id: string, { buckets }: { buckets: Buckets }) {
    super(scope, id);
    const { objects, documents, pointers, catalogs, events } = KEY_PATTERNS;
    const policy = new ManagedPolicy(this, "Policy", {
      description: "Selvedge edge: read artifacts, add events, publish catalogs",
      statements: [
        new PolicyStatement({ actions: ["s3:GetObject"], resources: keysOf(buckets.artifacts, objects, documents, pointers) }),
        new PolicyStatement({ actions: ["s3:PutObject"], resources: keysOf(buckets.events, events), conditions: CREATE_ONLY }),
        new PolicyStatement({
          actions: ["s3:PutObject"],
          resources: keysOf(buckets.artifacts, catalogs, CATALOG_POINTER),
          conditions: CREATE_ONLY,
        }),
        new PolicyStatement({
          actions: ["s3:PutObject"],
          resources: keysOf(buckets.artifacts, CATALOG_POINTER),
          conditions: REPLACE_ONLY,
        }),
      ],
    });
    this.user = new User(this, "User", { managedPolicies: [policy] });
  }
}
