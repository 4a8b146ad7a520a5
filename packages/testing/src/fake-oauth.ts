export { FakeOAuth, type FakeOAuthOptions, startFakeOAuth } from "./fake-oauth/start.ts";
