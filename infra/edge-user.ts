// Who the Worker is to S3: it reads artifacts and adds events. No listing, no overwriting, no deleting.
import { ManagedPolicy, PolicyStatement, User } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { type Buckets, KEY_PATTERNS } from "./buckets.ts";
import { CREATE_ONLY, keysOf } from "./grants.ts";

/** An operator makes its access key by hand (see runbook.md), so that no template ever holds a secret. */
export class EdgeUser extends Construct {
  readonly user: User;

  constructor(scope: Construct, id: string, { buckets }: { buckets: Buckets }) {
    super(scope, id);
    const { objects, documents, pointers, events } = KEY_PATTERNS;
    const policy = new ManagedPolicy(this, "Policy", {
      description: "Selvedge edge: read artifacts, add events",
      statements: [
        new PolicyStatement({ actions: ["s3:GetObject"], resources: keysOf(buckets.artifacts, objects, documents, pointers) }),
        new PolicyStatement({ actions: ["s3:PutObject"], resources: keysOf(buckets.events, events), conditions: CREATE_ONLY }),
      ],
    });
    this.user = new User(this, "User", { managedPolicies: [policy] });
  }
}
