import { judgeObserved } from "../observed.ts";

export const judge = judgeObserved("assert");
