import { describe, expect, it } from "vitest";
import { PACKS, Words } from "../src/words";
import { recognise } from "../src/words/reasons";

const plain = (text: string | null): string | null => text?.replace(/[\u2066-\u2069]/g, "") ?? null;

describe("the station's reasons", () => {
  it("are said in Arabic, with the chosen digits, names as they are", () => {
    const words = new Words("ar");
    expect(plain(words.reason("35 m/s, 150 m above ground"))).toBe("٣٥ م/ث، على ارتفاع ١٥٠ م فوق الأرض");
    expect(plain(words.reason("moves as FRIEND-2 reports by ADS-B"))).toBe("يتحرك كما يُبلغ FRIEND-2 عبر ADS-B");
    expect(plain(words.reason("its ways ahead reach a zone (42%)"))).toBe("طرقه المحتملة تبلغ منطقة (٤٢٪)");
  });
  it("have reasons inside them said too", () => {
    const text = "claim of A1 is contradicted (displaced: a track flies the same way 900 m away) and not believed";
    expect(plain(new Words("ar").reason(text))).toBe(
      "ادّعاء A1 تنقضه المستشعرات (مُزاح مكانيًا: مسار يسلك الطريق نفسه على بعد ٩٠٠ م) فلا يُصدَّق");
    expect(plain(new Words("ar", "latn").reason("12 looks at A1, A2 agree only if its clock is +0.50 s off"))).toBe(
      "12 رصدات نحو A1, A2 لا تتفق إلا إذا كانت ساعته منحرفة +0.50 ث");
  });
  it("stay English in English", () => {
    for (const text of ["2 flashes", "1 flash", "the same launch as L1, seen by a sensor that is wrong", "hardly comes to attack (below 1%)"])
      expect(plain(new Words("en").reason(text))).toBe(text);
  });
  it("that no pack knows are not guessed at", () => {
    expect(recognise("the moon is full")).toBeNull();
    expect(new Words("ar").reason("the moon is full")).toBeNull();
  });
  it("are all in Arabic letters in the Arabic pack", () => {
    for (const [key, said] of Object.entries(PACKS.get("ar")!.words))
      if (key.startsWith("reason.")) expect(said, key).toMatch(/[\u0600-\u06ff]/);
  });
});

describe("the channels' receipts", () => {
  it("are said in Arabic, levels and kinds of message too", () => {
    const words = new Words("ar");
    expect(plain(words.reason("alive, clear"))).toBe("تستجيب، آمن");
    expect(plain(words.reason("take_shelter, acknowledged in 12 ms; it stays silent"))).toBe("إلى الملجأ فورًا، أقرّت بالاستلام خلال ١٢ م.ث؛ وتبقى صامتة");
    expect(plain(words.reason("refused: this channel is for exercise messages only"))).toBe("مرفوض: هذه القناة لرسائل التمرين فقط");
  });
  it("tell what the system said in a sentence of their own", () => {
    expect(plain(new Words("ar").reason("no acknowledgement from 127.0.0.1:8481 in 1.0 s (Connection refused)"))).toBe(
      "لا إقرار بالاستلام من 127.0.0.1:8481 خلال ١.٠ ث (رُفض الاتصال)");
    expect(plain(new Words("ar").reason("[Errno 111] Connection refused"))).toBe("رُفض الاتصال (خطأ ١١١)");
  });
  it("stay English in English", () => {
    for (const text of ["acknowledged by the broker", "the player failed: no sound card", "not a zone of this siren"])
      expect(plain(new Words("en").reason(text))).toBe(text);
  });
});

describe("the station's refusals", () => {
  it("are said in Arabic, roles too", () => {
    const words = new Words("ar");
    expect(plain(words.reason("this takes the role of supervisor; amal is operator"))).toBe("هذا يتطلب دور مشرف؛ وamal دوره مشغِّل");
    expect(plain(words.reason("wrong name or password"))).toBe("الاسم أو كلمة المرور خطأ");
  });
  it("of a drill's channel tell the channel and its receipt", () => {
    expect(plain(new Words("ar").reason("siren:gate: acknowledged by the broker"))).toBe("siren:gate: أقرّ الوسيط بالاستلام");
  });
});
