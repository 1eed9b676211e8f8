import java.io.*; import java.nio.file.*; import java.security.*; import java.util.*;
import org.apache.pdfbox.cos.*; import org.apache.pdfbox.pdmodel.*; import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.bouncycastle.asn1.*; import org.bouncycastle.asn1.cms.Attribute; import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers; import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Judge of signed PDFs, on PDFBox 2. Usage: PdfJudge FILE. Needs P7Judge beside it. Exit code 0 or 1. */
public class PdfJudge {
  public static void main(String[] a) throws Exception {
    Security.addProvider(new BouncyCastleProvider()); java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.OFF);
    try { byte[] b = Files.readAllBytes(Paths.get(a[0]));
      try (PDDocument d = PDDocument.load(b)) { List<PDSignature> l = d.getSignatureDictionaries(); P7Judge.need(l.size() == 1, "not exactly one signature but " + l.size()); PDSignature s = l.get(0);
        String sub = s.getSubFilter(); System.out.println("filter " + s.getFilter() + " subfilter " + sub + " name " + s.getName()); P7Judge.need("adbe.pkcs7.detached".equals(sub) || "ETSI.CAdES.detached".equals(sub), "SubFilter " + sub);
        COSBase rb = s.getCOSObject().getDictionaryObject(COSName.BYTERANGE); P7Judge.need(rb instanceof COSArray && ((COSArray) rb).size() == 4, "ByteRange is not four numbers"); int[] r = s.getByteRange();
        P7Judge.need(r[0] == 0 && r[1] > 0 && r[2] > r[1] && r[3] > 0 && (long) r[2] + r[3] == b.length, "ByteRange does not cover the whole file");
        P7Judge.need(b[r[1]] == '<' && b[r[2] - 1] == '>', "the gap is not exactly Contents"); for (int i = r[1] + 1; i < r[2] - 1; i++) P7Judge.need(Character.digit(b[i], 16) >= 0, "the gap is not exactly Contents");
        byte[] c = new byte[(r[2] - r[1] - 2) / 2]; for (int i = 0; i < c.length; i++) c[i] = (byte) Integer.parseInt(new String(b, r[1] + 1 + 2 * i, 2, "ASCII"), 16);
        P7Judge.need(Arrays.equals(c, s.getContents()), "the gap is not the Contents that the reader sees");
        ByteArrayInputStream in = new ByteArrayInputStream(c); ASN1Primitive p = new ASN1InputStream(in).readObject(); byte[] cms = Arrays.copyOf(c, c.length - in.available()); for (int i = cms.length; i < c.length; i++) P7Judge.need(c[i] == 0, "bytes after the signature");
        byte[] m = s.getSignedContent(b); P7Judge.Seen seen = P7Judge.check(cms, m, new ArrayList<>(), "content"); P7Judge.need(seen.detached, "the content is included in the signature");
        if (sub.startsWith("ETSI")) { P7Judge.need(seen.table != null, "no attributes"); Attribute e = seen.table.get(PKCSObjectIdentifiers.id_aa_signingCertificateV2); P7Judge.need(e != null, "no signing-certificate-v2");
          ASN1Sequence id = ASN1Sequence.getInstance(ASN1Sequence.getInstance(ASN1Sequence.getInstance(e.getAttrValues().getObjectAt(0)).getObjectAt(0)).getObjectAt(0)); String h = ASN1Sequence.getInstance(id.getObjectAt(0)).getObjectAt(0).toString(); P7Judge.need(h.equals(P7Judge.SM3), "certificate hash " + h);
          P7Judge.need(Arrays.equals(ASN1OctetString.getInstance(id.getObjectAt(1)).getOctets(), P7Judge.sm3(seen.signer.getEncoded())), "signing-certificate-v2 names another certificate"); }
        System.out.println("type " + seen.outer + (seen.attributes ? " attributes" : " no-attributes") + " signer " + seen.signer.getSubject() + " pages " + d.getNumberOfPages()); System.out.println("verdict: accept"); }
    } catch (Throwable e) { System.out.println("verdict: refuse: " + (e instanceof P7Judge.Refuse ? "" : e.getClass().getSimpleName() + " ") + e.getMessage()); throw new Judges.Refused(); } } }
