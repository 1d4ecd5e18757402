// The store's configuration: the embedded store by default, anything else from the environment.
import { describe, expect, it } from "vitest";
import { LOCAL_CREDENTIALS, readStoreConfig } from "../../../training/publish/store-config.ts";

describe("readStoreConfig", () => {
  it("means the embedded store where nothing is set", () => {
    expect(readStoreConfig({})).toEqual({
      endpoint: "http://localhost:8787/cdn-cgi/local/r2/s3",
      region: "auto",
      artifactBucket: "selvedge-artifacts",
      eventBucket: "selvedge-events",
      credentials: LOCAL_CREDENTIALS,
      stateDir: ".selvedge",
      privateKeyFile: ".selvedge/keys/private.pem",
      privateKey: null,
      publicKeys: "",
      siteKeySecret: "local-development-only",
    });
  });

  it("leaves credentials to the AWS SDK elsewhere, unless they are given", () => {
    const aws = { SELVEDGE_STORE_ENDPOINT: "https://s3.eu-central-1.amazonaws.com", SELVEDGE_STORE_REGION: "eu-central-1" };
    expect(readStoreConfig(aws).credentials).toBeNull();
    const given = { ...aws, SELVEDGE_ACCESS_KEY_ID: "id", SELVEDGE_SECRET_ACCESS_KEY: "secret" };
    expect(readStoreConfig(given).credentials).toEqual({ accessKeyId: "id", secretAccessKey: "secret" });
  });

  it("knows no secret of site keys elsewhere, unless it is given", () => {
    const aws = { SELVEDGE_STORE_ENDPOINT: "https://s3.eu-central-1.amazonaws.com" };
    expect(readStoreConfig(aws).siteKeySecret).toBeNull();
    expect(readStoreConfig({ ...aws, SELVEDGE_SITE_KEY_SECRET: "theirs" }).siteKeySecret).toBe("theirs");
  });

  it("names the variable that is wrong", () => {
    const read = () => readStoreConfig({ SELVEDGE_STORE_ENDPOINT: "localhost" });
    expect(read).toThrow(expect.objectContaining({ path: "SELVEDGE_STORE_ENDPOINT" }));
  });
});
